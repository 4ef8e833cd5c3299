// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Each source has its own series, a suspended one none that an alert looks at, and one that is gone none at all.
func TestMetricsGoWithTheirSource(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	named := func(name string, change func(*v1alpha1.WorkSource)) *v1alpha1.WorkSource {
		s := polled()
		s.Name, s.Status.Cards = name, &v1alpha1.CardCounts{Seen: 5, Eligible: 2, Skipped: 1}
		s.Status.Skipped = []v1alpha1.SkippedCards{{Reason: v1alpha1.ReasonDraftCard, Count: 1}}
		s.Status.RateLimit = &v1alpha1.RateLimit{Remaining: 90, ResetAt: at(time.Hour)}
		change(s)
		return s
	}
	works := named("a", func(s *v1alpha1.WorkSource) { withCondition(s, v1alpha1.ConditionReady, "True", v1alpha1.ReasonPolled) })
	m.observe(works)
	m.observe(works) // the same source again counts once
	m.paced(works, 5*time.Minute)
	m.polled(works, resultComplete, time.Second)
	m.written(works)
	m.observe(named("b", func(s *v1alpha1.WorkSource) {
		s.Spec.Suspend = true
		withCondition(s, v1alpha1.ConditionBoardReachable, "False", v1alpha1.ReasonUnauthorized)
	}))
	gone := named("gone", func(*v1alpha1.WorkSource) {})
	m.observe(gone)
	m.polled(gone, resultFailed, time.Second)
	m.forget(types.NamespacedName{Namespace: gone.Namespace, Name: "gone"})

	want := map[string]float64{
		"ready/a": 1, "credentials_valid/a": 1, "poll_interval_seconds/a": 300,
		"last_complete_poll_timestamp_seconds/a": float64(works.Status.LastPollTime.Unix()),
		"cards/a/seen":                           5, "cards/a/eligible": 2, "cards/a/skipped": 1, "skipped_cards/a/DraftCard": 1,
		"rate_limit_remaining/a": 90, "rate_limit_reset_timestamp_seconds/a": float64(at(time.Hour).Unix()),
		"polls_total/a/complete": 1, "polls_total/a/failed": 0, "polls_total/a/waited": 0, "poll_seconds/a": 1, "items_written_total/a": 1,

		"credentials_valid/b": 0,
		"cards/b/seen":        5, "cards/b/eligible": 2, "cards/b/skipped": 1, "skipped_cards/b/DraftCard": 1,
		"rate_limit_remaining/b": 90, "rate_limit_reset_timestamp_seconds/b": float64(at(time.Hour).Unix()),
		"polls_total/b/complete": 0, "polls_total/b/failed": 0, "polls_total/b/waited": 0, "items_written_total/b": 0,
	}
	if diff := cmp.Diff(want, values(t, registry)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func withCondition(s *v1alpha1.WorkSource, kind, status, reason string) {
	s.Status.Conditions = []metav1.Condition{{Type: kind, Status: metav1.ConditionStatus(status), Reason: reason}}
}

// values are all series by name, source and the rest of their labels; of a histogram, how often it was observed.
func values(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			key, rest := family.GetName()[len("kiro_worker_worksource_"):], ""
			for _, l := range m.GetLabel() {
				switch l.GetName() {
				case "namespace":
				case "source":
					key += "/" + l.GetValue()
				default:
					rest += "/" + l.GetValue()
				}
			}
			got[key+rest] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return got
}
