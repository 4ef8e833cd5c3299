// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestTransition(t *testing.T) {
	condition := func(kind string, status metav1.ConditionStatus, reason string) *metav1.Condition {
		return &metav1.Condition{Type: kind, Status: status, Reason: reason}
	}
	ready, project := v1alpha1.ConditionReady, v1alpha1.ConditionProjectReady
	cases := []struct {
		why           string
		before, after *metav1.Condition
		want          string // "type reason", or nothing
	}{
		{"becoming usable is told", nil, condition(ready, "True", "Usable"), "Normal Usable"},
		{"staying so is not", condition(ready, "True", "Usable"), condition(ready, "True", "Usable"), ""},
		{"becoming unusable is a warning", condition(ready, "True", "Usable"), condition(ready, "False", "NotFound"), "Warning NotFound"},
		{"a project that is not as it should be is a warning although it can be used", condition(project, "True", "Usable"), condition(project, "True", "InvalidConfiguration"), "Warning InvalidConfiguration"},
		{"a check that fails is told by Ready alone", condition(project, "True", "Usable"), condition(project, "False", "NotFound"), ""},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got := ""
			if n := transition(c.before, c.after); n != nil {
				got = n.kind + " " + n.reason
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("notice (-want +got):\n%s", diff)
			}
		})
	}
}

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
