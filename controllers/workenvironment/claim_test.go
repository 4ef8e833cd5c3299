// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// TestASecondInstallationYields: what is another's is not touched, not even where it is being deleted; and once the other has
// gone, it is taken over.
func TestASecondInstallationYields(t *testing.T) {
	w := newWorld(t)
	e := w.environment()
	e.Status.Manager = &v1alpha1.ManagerClaim{Name: "elsewhere/manager", RenewedAt: *at(0)}
	must(t, w.client.Status().Update(t.Context(), e))
	before := w.get()
	w.reconcile()
	if diff := cmp.Diff(before, w.get()); diff != "" || w.calls() != 0 {
		t.Errorf("another's environment was touched (-before +after):\n%s", diff)
	}
	if len(w.yielded) != 1 {
		t.Fatalf("the manager was told %d times", len(w.yielded))
	}
	mentions(t, w.yielded[0].Error(), "elsewhere/manager")
	mentions(t, w.yielded[0].Error(), "uninstall one of the two")

	taken := w.after(v1alpha1.ClaimDuration)
	if taken.Status.Manager.Name != "here/manager" || !meta.IsStatusConditionTrue(taken.Status.Conditions, v1alpha1.ConditionReady) {
		t.Errorf("three minutes after the other's last word it is still %s's", taken.Status.Manager.Name)
	}
}

// TestTheClaimIsRenewed: also while a service asks not to be called for longer than the claim holds.
func TestTheClaimIsRenewed(t *testing.T) {
	w := newWorld(t)
	w.environment()
	result := w.reconcile()
	for range 8 {
		if result.RequeueAfter > time.Minute {
			t.Fatalf("the next reconcile is in %s", result.RequeueAfter)
		}
		w.clock.SetTime(w.clock.Now().Add(result.RequeueAfter))
		w.r.runs.record(w.get(), lastRun{notBefore: epoch.Add(time.Hour)})
		result = w.reconcile()
		if e := w.get(); e.AnotherInstallation("second/manager", w.clock.Now()) == nil {
			t.Fatalf("at %s the claim has lapsed", w.clock.Now())
		}
	}
}
