// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

func TestUsable(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.WorkEnvironment)
		want   bool
	}{
		"usable":   {"its own controller says so", func(*v1alpha1.WorkEnvironment) {}, true},
		"new":      {"nobody has checked it", func(e *v1alpha1.WorkEnvironment) { e.Status.Conditions = nil }, false},
		"changed":  {"what was checked is not what it is now", func(e *v1alpha1.WorkEnvironment) { e.Generation++ }, false},
		"unusable": {"its table, project or bucket is missing", func(e *v1alpha1.WorkEnvironment) { e.Status.Conditions[0].Status = metav1.ConditionFalse }, false},
	} {
		t.Run(name, func(t *testing.T) {
			env := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Name: "env", Generation: 3}}
			env.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 3}}
			c.change(env)
			if got := Usable(env); got != c.want {
				t.Errorf("%s: usable is %t", c.why, got)
			}
		})
	}
}

func TestNoEnvironment(t *testing.T) {
	now := metav1.NewTime(noon)
	env := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Name: "env"}}
	if m := NoEnvironment(itemOnBranch("x"), env); m != nil {
		t.Errorf("an environment that was not checked yet may be usable soon: %+v", m)
	}
	env.DeletionTimestamp = &now
	if m := NoEnvironment(itemOnBranch("x"), env); m == nil || m.Reason != v1alpha1.ReasonEnvironmentDeleting {
		t.Errorf("nothing new begins in what is being deleted: %+v", m)
	}
	if m := NoEnvironment(itemOnBranch("x"), nil); m == nil || m.Reason != v1alpha1.ReasonEnvironmentNotFound {
		t.Errorf("an environment that does not exist: %+v", m)
	}
}

func TestBackingOff(t *testing.T) {
	for name, c := range map[string]struct {
		why       string
		notBefore time.Duration
		ended     time.Duration
		want      time.Duration
	}{
		"to come":        {"the time of the next attempt has not come", time.Minute, -time.Minute, time.Minute},
		"passed":         {"it has come", -time.Second, -time.Minute, 0},
		"clock set back": {"a wait must not grow by as much as the clock was set back", 3 * time.Hour, time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			item := itemOnBranch("x")
			at, ended := metav1.NewTime(noon.Add(c.notBefore)), metav1.NewTime(noon.Add(c.ended))
			item.Status.Retries.NotBefore = &at
			item.Status.Attempt = &v1alpha1.Attempt{Number: 1, Outcome: v1alpha1.ReasonWorkerLost, EndTime: &ended}
			if got := BackingOff(noon, item); got != c.want {
				t.Errorf("%s: got %s, want %s", c.why, got, c.want)
			}
		})
	}
	if got := BackingOff(noon, itemOnBranch("x")); got != 0 {
		t.Errorf("an item without an attempt waits %s", got)
	}
}

func TestBackingOffMiss(t *testing.T) {
	item, at := itemOnBranch("x"), metav1.NewTime(noon)
	item.Status.Retries.NotBefore = &at
	if got := BackingOffMiss(item); got.Reason != v1alpha1.ReasonBackingOff || !strings.Contains(got.Message, "12:00:00 UTC") {
		t.Errorf("without an attempt: %+v", got)
	}
	item.Status.PastAttempts = []v1alpha1.PastAttempt{{Number: 4, Outcome: v1alpha1.ReasonWorkerLost, Message: "No result."}}
	if got := BackingOffMiss(item); !strings.Contains(got.Message, "Attempt 4 ended as WorkerLost: No result.") {
		t.Errorf("a person does not learn what went wrong: %s", got.Message)
	}
}

func TestNotAdmitted(t *testing.T) {
	refused := itemOnBranch("x")
	refused.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionLocked, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonForeignRow, Message: "Row r is another program's.",
	}}
	for name, c := range map[string]struct {
		why    string
		item   *v1alpha1.WorkItem
		reason queue.Reason
		want   string
	}{
		"ready":           {"it waits for a slot, whatever keeps it from one", itemOnBranch("x"), queue.ReasonNotFirst, v1alpha1.ReasonNoFreeSlot},
		"not known yet":   {"its event has not reached the queue", itemOnBranch("x"), 0, v1alpha1.ReasonNoFreeSlot},
		"ready again":     {"what refused it is over", refused, queue.ReasonNotFirst, v1alpha1.ReasonNoFreeSlot},
		"branch held":     {"another item has its branch", itemOnBranch("x"), queue.ReasonBranchHeld, v1alpha1.ReasonBranchHeld},
		"refused":         {"a person learns what is in the way", refused, queue.ReasonBackingOff, v1alpha1.ReasonForeignRow},
		"refused branch":  {"a person learns who holds it", refused, queue.ReasonBranchHeld, v1alpha1.ReasonForeignRow},
		"came to nothing": {"the grant ended unused", itemOnBranch("x"), queue.ReasonBackingOff, v1alpha1.ReasonBackingOff},
	} {
		t.Run(name, func(t *testing.T) {
			if m := NotAdmitted(c.item, c.reason); m.Reason != c.want || m.Message == "" {
				t.Errorf("%s: got %+v", c.why, m)
			}
		})
	}
}

func TestQueueDeadline(t *testing.T) {
	item, since := itemOnBranch("x"), metav1.NewTime(noon.Add(-time.Hour))
	if got := QueueDeadline(noon, item); got != 0 {
		t.Errorf("an item that does not wait is overdue in %s", got)
	}
	item.Status.Queue = &v1alpha1.QueuePosition{Since: &since}
	if got := QueueDeadline(noon, item); got != QueueOverdue-time.Hour {
		t.Errorf("it is overdue in %s", got)
	}
	if got := QueueDeadline(noon.Add(48*time.Hour), item); got != 0 {
		t.Errorf("it is overdue, and has no timer left: got %s", got)
	}
}
