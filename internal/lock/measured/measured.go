// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package measured counts what is done with the locks of an environment, around the port and whatever implements it.
//
// Metrics; docs/metrics.md says what they mean:
//
//	kiro_worker_lock_operations_total{namespace,environment,operation,result}
package measured

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/metrics"
)

// The values of operation.
const (
	acquire = "acquire"
	claim   = "claim"
	release = "release"
	abandon = "abandon"
	reclaim = "reclaim"
)

// The values of result.
const (
	done        = "done"
	held        = "held"
	alreadyDone = "already_done"
	attemptOver = "attempt_over"
	overBudget  = "over_budget"
	tooOften    = "too_often"
	foreign     = "foreign"
	notHolder   = "not_holder"
	failed      = "failed"
)

// results are what an operation may come to. Each is there from the start with zero: what appears with its first count has
// no increase.
var results = map[string][]string{
	acquire: {done, held, alreadyDone, attemptOver, overBudget, tooOften, foreign, failed},
	claim:   {done, notHolder, failed},
	release: {done, notHolder, failed},
	abandon: {done, notHolder, failed},
	reclaim: {done, notHolder, failed},
}

// Metrics count operations on locks. A nil *Metrics measures nothing.
type Metrics struct {
	operations *prometheus.CounterVec
	series     metrics.Series
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{operations: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kiro_worker_lock_operations_total",
		Help: "What this controller did with locks: acquire, claim and release for a build, abandon without one, reclaim from a holder that is gone; by result: done, or why it was refused.",
	}, []string{metrics.LabelNamespace, metrics.LabelEnvironment, metrics.LabelOperation, metrics.LabelResult})}
	m.series = metrics.Series{m.operations}
	m.series.Register(registry)
	return m
}

// Present has an environment's series begin at zero.
func (m *Metrics) Present(namespace, environment string) {
	if m == nil {
		return
	}
	for operation, possible := range results {
		for _, result := range possible {
			m.operations.WithLabelValues(namespace, environment, operation, result)
		}
	}
}

// Forget drops the series of an environment that is gone.
func (m *Metrics) Forget(namespace, environment string) {
	if m != nil {
		m.series.Forget(prometheus.Labels{metrics.LabelNamespace: namespace, metrics.LabelEnvironment: environment})
	}
}

// Table measures what is done through it.
func (m *Metrics) Table(inner lock.Table, namespace, environment string) lock.Table {
	if m == nil {
		return inner
	}
	return table{Table: inner, metrics: m, namespace: namespace, environment: environment}
}

type table struct {
	lock.Table

	metrics                *Metrics
	namespace, environment string
}

func (t table) count(operation string, err error) {
	t.metrics.operations.WithLabelValues(t.namespace, t.environment, operation, resultOf(err)).Inc()
}

// Acquire implements lock.Acquirer.
func (t table) Acquire(ctx context.Context, req lock.Request) (lock.Lock, error) {
	l, err := t.Table.Acquire(ctx, req)
	t.count(acquire, err)
	return l, err
}

// Abandon implements lock.Acquirer.
func (t table) Abandon(ctx context.Context, row lock.Row, now time.Time) error {
	err := t.Table.Abandon(ctx, row, now)
	t.count(abandon, err)
	return err
}

// Claim implements lock.Holder.
func (t table) Claim(ctx context.Context, l lock.Lock, buildARN string, expiresAt time.Time) error {
	err := t.Table.Claim(ctx, l, buildARN, expiresAt)
	t.count(claim, err)
	return err
}

// Release implements lock.Holder.
func (t table) Release(ctx context.Context, l lock.Lock, buildARN string, now time.Time, e lock.Ending) error {
	err := t.Table.Release(ctx, l, buildARN, now, e)
	t.count(release, err)
	return err
}

// Reclaim implements lock.Reaper.
func (t table) Reclaim(ctx context.Context, row lock.Row, now time.Time) error {
	err := t.Table.Reclaim(ctx, row, now)
	t.count(reclaim, err)
	return err
}

// refusals are the errors that the port names, and how they are counted.
var refusals = []struct {
	err    error
	result string
}{
	{lock.ErrHeld, held},
	{lock.ErrAlreadyDone, alreadyDone},
	{lock.ErrAttemptOver, attemptOver},
	{lock.ErrBudgetExhausted, overBudget},
	{lock.ErrTriggerLimit, tooOften},
	{lock.ErrForeign, foreign},
	{lock.ErrNotHolder, notHolder},
}

func resultOf(err error) string {
	if err == nil {
		return done
	}
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r.result
		}
	}
	return failed
}
