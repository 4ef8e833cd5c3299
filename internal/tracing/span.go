// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"cmp"
	"context"
	"crypto/rand"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// Start begins a part of what the context's span is of, and of nothing where it has none: then nothing is sent. It ends when
// what it returns is called, with what became of it.
func Start(ctx context.Context, name string, attributes map[string]string) (context.Context, func(error)) {
	ctx, span := trace.SpanFromContext(ctx).TracerProvider().Tracer(scope).Start(ctx, name, trace.WithAttributes(attributesOf(attributes)...))
	return ctx, func(err error) { endWith(span, failureOf(err)) }
}

// failureOf is an error's code alone: its text may hold what somebody else wrote.
func failureOf(err error) string {
	if err == nil {
		return ""
	}
	return cmp.Or(string(fault.CodeOf(err)), "failed")
}

func endWith(span trace.Span, failure string) {
	if failure != "" {
		span.SetStatus(codes.Error, failure)
	}
	span.End()
}

// later is a span that is sent when it is over, by somebody else: parts of it can be told before.
type later struct {
	noop.Span

	context  trace.SpanContext
	provider trace.TracerProvider
}

// SpanContext implements trace.Span.
func (l later) SpanContext() trace.SpanContext { return l.context }

// TracerProvider implements trace.Span.
func (l later) TracerProvider() trace.TracerProvider { return l.provider }

// given is the SDK's source of ids: those in the context, once, and else random ones.
type given struct{}

type givenKey struct{}

func withIDs(ctx context.Context, of trace.SpanContext) context.Context {
	return context.WithValue(ctx, givenKey{}, of)
}

// NewIDs implements sdktrace.IDGenerator.
func (given) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if of, ok := ctx.Value(givenKey{}).(trace.SpanContext); ok && of.IsValid() {
		return of.TraceID(), of.SpanID()
	}
	var id trace.TraceID
	_, _ = rand.Read(id[:])
	return id, randomSpanID()
}

// NewSpanID implements sdktrace.IDGenerator.
func (given) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	if of, ok := ctx.Value(givenKey{}).(trace.SpanContext); ok && of.IsValid() {
		return of.SpanID()
	}
	return randomSpanID()
}

func randomSpanID() trace.SpanID {
	var id trace.SpanID
	_, _ = rand.Read(id[:])
	return id
}
