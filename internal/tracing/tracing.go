// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package tracing sends spans by OTLP: those of an attempt, whose ids and times are given to it, so that whoever tells the
// same again, after a crash or as another leader, tells it with the same ids; and, as parts of them, those of the calls that
// are made meanwhile. What is told is decided elsewhere.
package tracing

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// scope names who made the spans.
const scope = "github.com/kiro-worker/kiro-worker"

// Span is one part of an attempt.
type Span struct {
	Name string
	// Parent is the name of the span that this is a part of. Empty is the whole.
	Parent       string
	Began, Ended time.Time
	Failed       bool
	Message      string
	Attributes   map[string]string
}

// Exporter sends traces. A nil *Exporter sends none.
type Exporter struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// New returns an Exporter, or nil where no variable names a receiver. It calls nobody: spans are sent in the background, in
// batches, and dropped if nobody takes them.
func New(ctx context.Context, service, version string, lookup func(string) (string, bool)) (*Exporter, error) {
	sender, described, err := dial(ctx, service, version, lookup)
	if err != nil || sender == nil {
		return nil, err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(sender), sdktrace.WithResource(described),
		sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithIDGenerator(given{}))
	return &Exporter{provider: provider, tracer: provider.Tracer(scope)}, nil
}

// Send sends spans of an attempt, each with the id that its name and the lock's id make. It returns at once.
func (e *Exporter) Send(lockID string, spans []Span) {
	if e == nil {
		return
	}
	for _, s := range spans {
		ctx := withIDs(context.Background(), spanContext(lockID, s.Name))
		if s.Parent != "" {
			ctx = trace.ContextWithSpanContext(ctx, spanContext(lockID, s.Parent))
		}
		_, span := e.tracer.Start(ctx, s.Name, trace.WithTimestamp(s.Began), trace.WithAttributes(attributesOf(s.Attributes)...))
		if s.Failed {
			span.SetStatus(codes.Error, s.Message)
		}
		span.End(trace.WithTimestamp(s.Ended))
	}
}

// Under has the calls that are made with the context told as parts of an attempt's span, which is sent when it is over.
func (e *Exporter) Under(ctx context.Context, lockID, name string) context.Context {
	if e == nil {
		return ctx
	}
	return trace.ContextWithSpan(ctx, later{context: spanContext(lockID, name), provider: e.provider})
}

// Begin begins a trace of its own. It ends when what it returns is called, with what became of it; ID is the trace's.
func (e *Exporter) Begin(ctx context.Context, name string) (of context.Context, id string, end func(error, map[string]string)) {
	if e == nil {
		return ctx, "", func(error, map[string]string) {}
	}
	of, span := e.tracer.Start(ctx, name, trace.WithNewRoot())
	return of, span.SpanContext().TraceID().String(), func(err error, attributes map[string]string) {
		span.SetAttributes(attributesOf(attributes)...)
		endWith(span, failureOf(err))
	}
}

// Close sends what is left.
func (e *Exporter) Close(ctx context.Context) error {
	if e == nil {
		return nil
	}
	if err := e.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("sending the last traces: %w", err)
	}
	return nil
}

func attributesOf(values map[string]string) []attribute.KeyValue {
	attributes := make([]attribute.KeyValue, 0, len(values))
	for name, value := range values {
		attributes = append(attributes, attribute.String(name, value))
	}
	return attributes
}

// spanContext is that of an attempt's span.
func spanContext(lockID, name string) trace.SpanContext {
	traceID, _ := trace.TraceIDFromHex(contract.TraceID(lockID))
	spanID, _ := trace.SpanIDFromHex(contract.SpanID(lockID, name))
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: trace.FlagsSampled, Remote: true})
}
