// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package tracing sends spans by OTLP whose ids and times are given to it: nothing is measured here. Whoever tells the same
// again, after a crash or as another leader, tells it with the same ids.
package tracing

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Variables of the SDK that switch tracing on. All others of the SDK count too, such as OTEL_EXPORTER_OTLP_HEADERS.
var endpoints = []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"}

// Span is one part of a trace.
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
	if !on(lookup) {
		return nil, nil //nolint:nilnil // a nil Exporter is one that sends nothing
	}
	sender, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("starting to send traces: %w", err)
	}
	described, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", service), attribute.String("service.version", version)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("describing the traces' resource: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(sender), sdktrace.WithResource(described),
		sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithIDGenerator(given{}))
	return &Exporter{provider: provider, tracer: provider.Tracer("github.com/kiro-worker/kiro-worker")}, nil
}

func on(lookup func(string) (string, bool)) bool {
	for _, name := range endpoints {
		if value, ok := lookup(name); ok && value != "" {
			return true
		}
	}
	return false
}

// Send sends a trace: each span with the id that its name and the seed make. It returns at once.
func (e *Exporter) Send(seed string, spans []Span) {
	if e == nil {
		return
	}
	for _, s := range spans {
		ctx := context.WithValue(context.Background(), givenKey{}, ids{trace: TraceID(seed), span: spanID(seed, s.Name)})
		if s.Parent != "" {
			ctx = trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
				TraceID: TraceID(seed), SpanID: spanID(seed, s.Parent), TraceFlags: trace.FlagsSampled, Remote: true,
			}))
		}
		attributes := make([]attribute.KeyValue, 0, len(s.Attributes))
		for name, value := range s.Attributes {
			attributes = append(attributes, attribute.String(name, value))
		}
		_, span := e.tracer.Start(ctx, s.Name, trace.WithTimestamp(s.Began), trace.WithAttributes(attributes...))
		if s.Failed {
			span.SetStatus(codes.Error, s.Message)
		}
		span.End(trace.WithTimestamp(s.Ended))
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

// TraceID is the trace's id, a hash of what it is of.
func TraceID(seed string) trace.TraceID {
	sum := sha256.Sum256([]byte("trace\x00" + seed))
	return trace.TraceID(sum[:16])
}

func spanID(seed, name string) trace.SpanID {
	sum := sha256.Sum256([]byte("span\x00" + seed + "\x00" + name))
	return trace.SpanID(sum[:8])
}

// given is the SDK's source of ids: those in the context.
type given struct{}

type givenKey struct{}

type ids struct {
	trace trace.TraceID
	span  trace.SpanID
}

// NewIDs implements sdktrace.IDGenerator.
func (given) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	i, _ := ctx.Value(givenKey{}).(ids)
	return i.trace, i.span
}

// NewSpanID implements sdktrace.IDGenerator.
func (given) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	i, _ := ctx.Value(givenKey{}).(ids)
	return i.span
}
