// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Each environment has its own series, and one that is gone none.
func TestMetricsGoWithTheirEnvironment(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	busy := checked(func(e *v1alpha1.WorkEnvironment) {
		e.Name, e.Spec.Tier, e.Spec.Concurrency = "busy", v1alpha1.TierTest, ptr.To(int32(3))
		e.Status.Slots = []v1alpha1.SlotStatus{{ExpiresAt: at(-time.Minute)}, {ExpiresAt: at(time.Minute)}}
		e.Status.SlotsInUse, e.Status.Queue.Length, e.Status.Queue.OldestSince = 2, 4, at(0)
	})
	m.observe(busy, epoch)
	m.observe(busy, epoch) // the same again counts once
	m.checked(busy, checkArtifactBucket, nil)
	refused := checked(unusableSince(0), func(e *v1alpha1.WorkEnvironment) {
		e.Name, e.Spec.Tier = "refused", v1alpha1.TierProduction
		e.Status.Conditions = append(e.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionBucketReady, Status: "False", Reason: v1alpha1.ReasonAccessDenied})
	})
	m.observe(refused, epoch)
	m.checked(refused, checkArtifactBucket, errors.New("denied"))
	gone := checked(func(e *v1alpha1.WorkEnvironment) { e.Name = "gone" })
	m.observe(gone, epoch)
	m.checked(gone, checkLockTable, nil)
	m.forget(client.ObjectKeyFromObject(gone))
	m.forget(types.NamespacedName{Namespace: "other", Name: "busy"})

	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			key := f.GetName()[len("kiro_worker_workenvironment_"):]
			for _, l := range metric.GetLabel() {
				if l.GetName() != "namespace" {
					key += "/" + l.GetValue()
				}
			}
			got[key] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
		}
	}
	want := map[string]float64{
		"ready/busy/test": 1, "degraded/busy/test": 0, "credentials_valid/busy/test": 1, "slots/busy/test": 3, "slots_in_use/busy/test": 2, "slots_held_by_nobody/busy/test": 1, "queue_length/busy/test": 4,
		"oldest_queued_timestamp_seconds/busy/test": float64(epoch.Unix()), "checks_total/bucket/busy/passed": 1,
		"ready/refused/production": 0, "degraded/refused/production": 0, "credentials_valid/refused/production": 0, "slots/refused/production": 1,
		"slots_in_use/refused/production": 0, "slots_held_by_nobody/refused/production": 0, "queue_length/refused/production": 0, "checks_total/bucket/refused/failed": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
