// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package awsapi

import (
	"context"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// addSpan makes a call, retries included, a part of what the context's span is of. Without one nothing is sent.
func addSpan(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("KiroWorkerTrace", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		service, operation := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)
		tracer := trace.SpanFromContext(ctx).TracerProvider().Tracer("github.com/kiro-worker/kiro-worker")
		ctx, span := tracer.Start(ctx, service+" "+operation, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("rpc.system", "aws-api"), attribute.String("rpc.service", service), attribute.String("rpc.method", operation)))
		defer span.End()
		out, metadata, err := next.HandleInitialize(ctx, in)
		if err != nil {
			code := codeLabel(err)
			span.SetStatus(codes.Error, code[:min(len(code), maxCode)])
		}
		return out, metadata, err
	}), middleware.After)
}
