// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// An object's series go with it, and no other object's.
func TestForget(t *testing.T) {
	registry := prometheus.NewRegistry()
	took := Durations("kiro_worker_test_seconds", "For the test.", Waits, LabelNamespace, LabelEnvironment, LabelOutcome)
	ended := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kiro_worker_test_total", Help: "For the test."}, []string{LabelNamespace, LabelEnvironment})
	series := Series{took, ended}
	series.Register(registry)
	for _, name := range []string{"gone", "kept"} {
		took.WithLabelValues("team", name, "Succeeded").Observe(1)
		took.WithLabelValues("team", name, "TestsFailed").Observe(1)
		ended.WithLabelValues("team", name).Inc()
	}
	series.Forget(prometheus.Labels{LabelNamespace: "team", LabelEnvironment: "gone"})
	for _, f := range gather(t, registry) {
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() != "kept" {
				t.Errorf("%s has %v", f.GetName(), m.GetLabel())
			}
		}
	}
}

// Prometheus may read classic buckets, native ones, or both.
func TestDurationsHaveBothKindsOfBuckets(t *testing.T) {
	registry := prometheus.NewRegistry()
	took := Durations("kiro_worker_test_seconds", "For the test.", Calls)
	registry.MustRegister(took)
	took.WithLabelValues().Observe(0.3)
	h := gather(t, registry)[0].GetMetric()[0].GetHistogram()
	if len(h.GetBucket()) != len(Calls) || len(h.GetPositiveSpan()) == 0 {
		t.Errorf("%d classic buckets and %d native spans", len(h.GetBucket()), len(h.GetPositiveSpan()))
	}
}

func gather(t *testing.T, registry *prometheus.Registry) []*dto.MetricFamily {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}
