// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestGaugesAddUpOverSources(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	named := func(name string, seen, remaining int32, suspended bool) *v1alpha1.WorkSource {
		s := polled()
		s.Name, s.Spec.Suspend = name, suspended
		s.Status.Cards = &v1alpha1.CardCounts{Seen: seen}
		s.Status.RateLimit = &v1alpha1.RateLimit{Remaining: remaining}
		return s
	}
	m.observe(named("a", 3, 100, false))
	m.observe(named("a", 5, 90, false)) // the same source again counts once
	m.observe(named("b", 7, 400, true))
	m.observe(named("gone", 100, 1, false))
	m.forget(types.NamespacedName{Namespace: "team", Name: "gone"})

	want := map[string]float64{
		"kiro_worker_worksource_cards/seen": 12, "kiro_worker_worksource_cards/eligible": 0, "kiro_worker_worksource_cards/skipped": 0,
		"kiro_worker_worksource_oldest_complete_poll_timestamp_seconds/": float64(epoch.Unix()),
		"kiro_worker_worksource_rate_limit_remaining/":                   90,
	}
	if diff := cmp.Diff(want, gauges(t, registry)); diff != "" {
		t.Errorf("gauges (-want +got):\n%s", diff)
	}
}

func gauges(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if m.GetGauge() == nil {
				continue
			}
			label := ""
			for _, l := range m.GetLabel() {
				label += l.GetValue()
			}
			got[family.GetName()+"/"+label] = m.GetGauge().GetValue()
		}
	}
	return got
}
