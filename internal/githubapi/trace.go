// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// beginSpan makes a call a part of what the context's span is of. Without one nothing is sent. Of an error the code alone is
// told: its text may be what somebody else wrote.
func beginSpan(ctx context.Context, operation string) (context.Context, func(error)) {
	tracer := trace.SpanFromContext(ctx).TracerProvider().Tracer("github.com/kiro-worker/kiro-worker")
	ctx, span := tracer.Start(ctx, "GitHub "+operation, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("rpc.service", "github"), attribute.String("rpc.method", operation)))
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, string(fault.CodeOf(err)))
		}
		span.End()
	}
}
