// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package metrics holds what the metrics of all packages share: the names of labels, the buckets of durations, and that an
// object's series go with the object. The metrics themselves are declared beside their owners, in a metrics.go each.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Names of labels that more than one package uses. The name of an item, card or branch is never a label: there is no bound
// to their number.
const (
	LabelNamespace   = "namespace"
	LabelEnvironment = "environment"
	LabelSource      = "source"
	LabelTier        = "tier"
	LabelOutcome     = "outcome"
	LabelClass       = "class"
	LabelResult      = "result"
	LabelReason      = "reason"
	LabelOperation   = "operation"
	LabelCode        = "code"
)

// Buckets of durations, in seconds. A histogram has native buckets too; these are for a Prometheus that does not read those.
var (
	// Calls are for calls of a service.
	Calls = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}
	// Waits are for what takes from no time to a day: queues, builds, whole items.
	Waits = []float64{1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 2700, 3600, 7200, 14400, 28800, 86400}
)

const (
	nativeFactor  = 1.1
	nativeBuckets = 100
	nativeReset   = time.Hour
)

// Durations makes a histogram of durations with classic and native buckets.
func Durations(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: nativeFactor, NativeHistogramMaxBucketNumber: nativeBuckets, NativeHistogramMinResetDuration: nativeReset,
	}, labels)
}

// Vector is a metric with labels.
type Vector interface {
	prometheus.Collector
	DeletePartialMatch(labels prometheus.Labels) int
}

// Series are the metrics of which an object has series.
type Series []Vector

// Register registers them all.
func (s Series) Register(registry prometheus.Registerer) {
	for _, v := range s {
		registry.MustRegister(v)
	}
}

// Forget drops the series of an object that is gone: with them it would be shown, and alerted on, for as long as this process
// runs.
func (s Series) Forget(labels prometheus.Labels) {
	for _, v := range s {
		v.DeletePartialMatch(labels)
	}
}
