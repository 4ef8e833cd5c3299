// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestOneAtATime(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.branch("feature/y")
	w.item("one", "feature/x")
	w.item("two", "feature/y", func(i *v1alpha1.WorkItem) { i.Spec.Priority = 5 })
	w.until("one", "running", isRunning)
	w.look("two")
	two := w.get("two")
	if c := two.Condition(v1alpha1.ConditionAdmitted); c.Status != metav1.ConditionFalse || c.Reason != v1alpha1.ReasonNoFreeSlot {
		t.Errorf("the second says %+v", c)
	}
	if two.Status.Queue == nil || two.Status.Queue.Reason != v1alpha1.ReasonNoFreeSlot || two.Status.Phase != v1alpha1.PhaseQueued {
		t.Errorf("queue %+v, phase %s", two.Status.Queue, two.Status.Phase)
	}
	w.cancel("one")
	w.until("one", "concluded", concluded)
	if w.until("two", "running", isRunning); w.starts() != 2 {
		t.Errorf("%d builds", w.starts())
	}
}

func TestAnUnusableEnvironmentHoldsItemsBack(t *testing.T) {
	w := newWorld(t)
	w.usable(false)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.look("one")
	if c := w.get("one").Condition(v1alpha1.ConditionAdmitted); c.Status != metav1.ConditionFalse || !strings.Contains(c.Message, "environment's conditions") {
		t.Errorf("Admitted says %+v: a person does not learn where to look", c)
	}
	w.usable(true)
	w.until("one", "concluded", concluded)

	w.item("lost", "feature/x", func(i *v1alpha1.WorkItem) { i.Spec.EnvironmentRef.Name = "nowhere" })
	w.look("lost")
	if c := w.get("lost").Condition(v1alpha1.ConditionAccepted); c.Reason != v1alpha1.ReasonEnvironmentNotFound || !strings.Contains(c.Message, "nowhere") {
		t.Errorf("Accepted says %+v", c)
	}
}
