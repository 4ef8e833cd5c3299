// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

// A wait that lasts a day is told once, and ends nothing.
func TestALongWaitIsTold(t *testing.T) {
	w := newWorld(t)
	w.item("one", "feature/x")
	w.look("one")
	w.clock.Step(policy.AcceptanceOverdue)
	for range 3 {
		w.look("one")
	}
	item := w.get("one")
	if c := item.Condition(v1alpha1.ConditionOverdue); c.Reason != v1alpha1.ReasonAcceptanceOverdue || item.Finished() {
		t.Errorf("after a day: %s", describe(item))
	}
	if !w.happened(v1alpha1.ReasonAcceptanceOverdue) || w.happened(v1alpha1.ReasonAcceptanceOverdue) {
		t.Error("it is not told exactly once")
	}
	w.branch("feature/x")
	item = w.until("one", "concluded", concluded)
	if item.Status.Phase != v1alpha1.PhaseSucceeded || item.Condition(v1alpha1.ConditionOverdue).Type != "" {
		t.Errorf("once it is there: %s", describe(item))
	}
}
