// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestWaitsForItsSpec(t *testing.T) {
	w := newWorld(t)
	w.must(w.github.CreateBranch(repository, "feature/x", "main"))
	w.item("one", "feature/x")
	res := w.look("one")
	item := w.get("one")
	if c := item.Condition(v1alpha1.ConditionAccepted); c.Status != metav1.ConditionFalse || c.Reason != v1alpha1.ReasonSpecNotFound {
		t.Fatalf("accepted is %+v", c)
	}
	if res.RequeueAfter <= 0 || item.Status.Phase != v1alpha1.PhaseWaiting || w.held() != 0 {
		t.Fatalf("result %+v, phase %s, %d rows held", res, item.Status.Phase, w.held())
	}
	w.must(w.github.DeleteBranch(repository, "feature/x"))
	w.branch("feature/x")
	if item := w.until("one", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
		t.Errorf("after the spec was pushed: %s", describe(item))
	}
}

// A branch may change until an attempt exists, and what was accepted is asked for again.
func TestAcceptanceIsOfTheSpecAsItIs(t *testing.T) {
	w := newWorld(t)
	w.usable(false)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.look("one")
	item := w.get("one")
	item.Spec.Branch = "feature/none"
	w.must(w.client.Update(t.Context(), item))
	w.usable(true)
	w.look("one")
	if c := w.get("one").Condition(v1alpha1.ConditionAccepted); c.Reason != v1alpha1.ReasonBranchNotFound || w.starts() != 0 {
		t.Errorf("Accepted says %+v after the branch was changed, %d builds", c, w.starts())
	}
}
