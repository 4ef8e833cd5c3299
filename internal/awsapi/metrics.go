// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package awsapi

import (
	"context"
	"errors"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"
)

const (
	labelService   = "service"
	labelOperation = "operation"
	labelCode      = "code"

	codeOK       = "ok"
	codeCanceled = "canceled"
	codeNoAnswer = "no_answer"
)

type metrics struct {
	clock   clock.PassiveClock
	calls   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newMetrics(registerer prometheus.Registerer, clk clock.PassiveClock) *metrics {
	return &metrics{
		clock: clk,
		calls: register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_aws_requests_total",
			Help: "Calls of AWS services by result: ok, the service's error code, canceled or no_answer.",
		}, []string{labelService, labelOperation, labelCode})),
		seconds: register(registerer, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "kiro_worker_aws_request_seconds",
			Help:    "Duration of calls of AWS services, retries included.",
			Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
		}, []string{labelService, labelOperation})),
	}
}

// register registers a collector, or returns the one that an earlier Clients registered.
func register[C prometheus.Collector](registerer prometheus.Registerer, c C) C {
	var already prometheus.AlreadyRegisteredError
	if err := registerer.Register(c); errors.As(err, &already) {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing
		}
	}
	return c
}

// addTo measures every call of a client. It is before the retries: one call is counted once.
func (m *metrics) addTo(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("KiroWorkerMetrics", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		began := m.clock.Now()
		out, metadata, err := next.HandleInitialize(ctx, in)
		service, operation := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)
		m.seconds.WithLabelValues(service, operation).Observe(m.clock.Since(began).Seconds())
		m.calls.WithLabelValues(service, operation, codeLabel(err)).Inc()
		return out, metadata, err
	}), middleware.After)
}

func codeLabel(err error) string {
	var api smithy.APIError
	switch {
	case err == nil:
		return codeOK
	case errors.As(err, &api):
		return api.ErrorCode()
	case errors.Is(err, context.Canceled):
		return codeCanceled
	default:
		return codeNoAnswer
	}
}
