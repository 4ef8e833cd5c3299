// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package awsapi

import (
	"context"
	"errors"
	"sync"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"

	shared "github.com/kiro-worker/kiro-worker/internal/metrics"
)

const (
	labelService = "service"

	codeOK       = "ok"
	codeCanceled = "canceled"
	codeNoAnswer = "no_answer"
)

// What bounds the codes: a service's own are few, but a server that only looks like one could answer any.
const (
	maxCodes   = 64
	maxCode    = 64
	codeOthers = "other"
)

type metrics struct {
	clock    clock.PassiveClock
	calls    *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	capacity *prometheus.CounterVec

	mu    sync.Mutex
	codes map[string]bool
}

func newMetrics(registerer prometheus.Registerer, clk clock.PassiveClock) *metrics {
	return &metrics{
		clock: clk, codes: map[string]bool{},
		calls: register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_aws_requests_total",
			Help: "Calls of AWS services by result: ok, the service's error code, canceled or no_answer.",
		}, []string{labelService, shared.LabelOperation, shared.LabelCode})),
		seconds: register(registerer, shared.Durations("kiro_worker_aws_request_seconds",
			"Duration of calls of AWS services, retries included.", shared.Calls, labelService, shared.LabelOperation)),
		capacity: register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_aws_dynamodb_capacity_units_total",
			Help: "Units of capacity that calls of DynamoDB consumed, as it says.",
		}, []string{shared.LabelOperation})),
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
		askForCapacity(in.Parameters)
		began := m.clock.Now()
		out, metadata, err := next.HandleInitialize(ctx, in)
		service, operation := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)
		m.seconds.WithLabelValues(service, operation).Observe(m.clock.Since(began).Seconds())
		m.calls.WithLabelValues(service, operation, m.bounded(codeLabel(err))).Inc()
		if units := capacityOf(out.Result); units > 0 {
			m.capacity.WithLabelValues(operation).Add(units)
		}
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

// bounded keeps the number of codes, and their length, within what a metric may have.
func (m *metrics) bounded(code string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.codes[code]:
		return code
	case len(code) > maxCode || len(m.codes) >= maxCodes || !utf8.ValidString(code):
		return codeOthers
	}
	m.codes[code] = true
	return code
}

// askForCapacity has DynamoDB say what a call consumed.
func askForCapacity(parameters any) {
	switch in := parameters.(type) {
	case *dynamodb.GetItemInput:
		in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	case *dynamodb.BatchGetItemInput:
		in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	case *dynamodb.TransactWriteItemsInput:
		in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	}
}

// capacityOf is what a call of DynamoDB consumed.
func capacityOf(result any) float64 {
	var all []types.ConsumedCapacity
	switch out := result.(type) {
	case *dynamodb.GetItemOutput:
		if out.ConsumedCapacity != nil {
			all = append(all, *out.ConsumedCapacity)
		}
	case *dynamodb.BatchGetItemOutput:
		all = out.ConsumedCapacity
	case *dynamodb.TransactWriteItemsOutput:
		all = out.ConsumedCapacity
	}
	var units float64
	for _, c := range all {
		units += aws.ToFloat64(c.CapacityUnits)
	}
	return units
}
