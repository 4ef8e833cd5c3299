// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestGaugesAddUpByTier(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	for _, name := range []string{"a", "b"} {
		m.observe(checked(func(e *v1alpha1.WorkEnvironment) {
			e.Name, e.Spec.Tier, e.Spec.Concurrency = name, v1alpha1.TierTest, ptr.To(int32(3))
			e.Status.SlotsInUse, e.Status.Queue.Length, e.Status.Queue.OldestSince = 2, 4, at(0)
		}))
	}
	m.observe(checked(unusableSince(0), func(e *v1alpha1.WorkEnvironment) { e.Name, e.Spec.Tier = "c", v1alpha1.TierProduction }))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			key := f.GetName()[len("kiro_worker_workenvironment_"):]
			for _, l := range metric.GetLabel() {
				key += "/" + l.GetValue()
			}
			got[key] = metric.GetGauge().GetValue()
		}
	}
	want := map[string]float64{
		"environments/true/test": 2, "environments/false/test": 0, "slots/test": 6, "slots_in_use/test": 4, "queue_length/test": 8,
		"oldest_queued_timestamp_seconds/test": float64(epoch.Unix()),
		"environments/true/production":         0, "environments/false/production": 1, "slots/production": 1,
		"slots_in_use/production": 0, "queue_length/production": 0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("gauges (-want +got):\n%s", diff)
	}
}
