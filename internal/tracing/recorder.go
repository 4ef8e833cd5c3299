// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

const (
	// maxKept bounds what is kept of spans that could not be sent yet.
	maxKept = 2000
	// flushTimeout is how long a build waits until its spans are sent. After one failure it waits no more.
	flushTimeout = 3 * time.Second
)

// ErrNotSent: an earlier call could not send, and this process does not try again.
var ErrNotSent = errors.New("an earlier try to send spans failed")

// Recorder keeps the spans of a build until they are sent, and starts no goroutine: who has them sent knows whether they
// arrived. A nil *Recorder records nothing.
type Recorder struct {
	lockID   string
	parent   trace.SpanContext
	provider *sdktrace.TracerProvider
	sender   sdktrace.SpanExporter

	mu     sync.Mutex
	kept   []sdktrace.ReadOnlySpan
	lost   int
	failed bool
}

// Join returns a Recorder for the trace that a build is a part of, or nil where the build is part of none, where the trace is
// not recorded, or where no variable names a receiver.
func Join(ctx context.Context, service, version, lockID, traceParent string, lookup func(string) (string, bool)) (*Recorder, error) {
	parent := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceParent}))
	if !parent.IsValid() || !parent.IsSampled() {
		return nil, nil //nolint:nilnil // a nil Recorder is one that records nothing
	}
	// The retries of the exporter are longer than a build should wait.
	sender, described, err := dial(ctx, service, version, lookup, otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}), otlptracehttp.WithTimeout(flushTimeout))
	if err != nil || sender == nil {
		return nil, err
	}
	r := &Recorder{lockID: lockID, parent: parent, sender: sender}
	r.provider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(keeper{r}), sdktrace.WithResource(described),
		sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithIDGenerator(given{}))
	return r, nil
}

// Begin begins a part of the build that it has once, by this name. It ends when what it returns is called, with why it
// failed, if it did; a part that is never ended is not sent.
func (r *Recorder) Begin(ctx context.Context, name string) (context.Context, func(failure string)) {
	if r == nil {
		return ctx, func(string) {}
	}
	own, _ := trace.SpanIDFromHex(contract.SpanID(r.lockID, name))
	ids := withIDs(trace.ContextWithRemoteSpanContext(ctx, r.parent), r.parent.WithSpanID(own))
	of, span := r.provider.Tracer(scope).Start(ids, name)
	return withIDs(of, trace.SpanContext{}), func(failure string) { endWith(span, failure) }
}

// Flush sends what is kept. After a failure nothing is sent any more, and nothing waited for: a build has better to do.
func (r *Recorder) Flush(ctx context.Context) error {
	if r == nil {
		return ErrNotSent
	}
	kept, lost, failed := r.take()
	if failed {
		return ErrNotSent
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	if err := r.sender.ExportSpans(ctx, kept); err != nil {
		r.mu.Lock()
		r.failed = true
		r.mu.Unlock()
		return fmt.Errorf("sending spans: %w", err)
	}
	if lost > 0 {
		return fmt.Errorf("sending spans: %d were more than are kept, and are lost", lost)
	}
	return nil
}

func (r *Recorder) take() (kept []sdktrace.ReadOnlySpan, lost int, failed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept, lost, failed = r.kept, r.lost, r.failed
	r.kept, r.lost = nil, 0
	return kept, lost, failed
}

// keeper is the SDK's processor of spans that ended.
type keeper struct{ recorder *Recorder }

// OnStart implements sdktrace.SpanProcessor.
func (keeper) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd implements sdktrace.SpanProcessor.
func (k keeper) OnEnd(s sdktrace.ReadOnlySpan) {
	r := k.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) >= maxKept {
		r.lost++
		return
	}
	r.kept = append(r.kept, s)
}

// Shutdown implements sdktrace.SpanProcessor.
func (keeper) Shutdown(context.Context) error { return nil }

// ForceFlush implements sdktrace.SpanProcessor.
func (keeper) ForceFlush(context.Context) error { return nil }
