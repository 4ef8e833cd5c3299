// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func itemWith(change ...func(*v1alpha1.WorkItem)) *v1alpha1.WorkItem {
	item := &v1alpha1.WorkItem{}
	item.CreationTimestamp = metav1.NewTime(noon)
	item.Spec.Branch = "feature/x"
	for _, c := range change {
		c(item)
	}
	return item
}

func succeeded(status metav1.ConditionStatus, reason string) func(*v1alpha1.WorkItem) {
	return func(i *v1alpha1.WorkItem) {
		i.Status.Conditions = append(i.Status.Conditions, metav1.Condition{
			Type: v1alpha1.ConditionSucceeded, Status: status, Reason: reason,
		})
	}
}

func triggered(after time.Duration) func(*v1alpha1.WorkItem) {
	return func(i *v1alpha1.WorkItem) { i.Spec.TriggeredAt = &metav1.Time{Time: noon.Add(after)} }
}

func observed(after time.Duration) func(*v1alpha1.WorkItem) {
	return func(i *v1alpha1.WorkItem) { i.Status.ObservedTrigger = &metav1.Time{Time: noon.Add(after)} }
}

func withdrawn(at string) func(*v1alpha1.WorkItem) {
	return func(i *v1alpha1.WorkItem) {
		i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: at}
	}
}

func TestFinishedAndDone(t *testing.T) {
	ended := succeeded(metav1.ConditionFalse, v1alpha1.ReasonTestsFailed)
	for name, c := range map[string]struct {
		why            string
		item           *v1alpha1.WorkItem
		finished, done bool
	}{
		"new":     {"no outcome is known", itemWith(), false, false},
		"running": {"an outcome that is Unknown is none", itemWith(succeeded(metav1.ConditionUnknown, v1alpha1.ReasonRunning)), false, false},
		"ended":   {"the plain way", itemWith(ended, triggered(0), observed(0)), true, true},
		"by hand": {"an item without a trigger time is triggered by its creation", itemWith(ended, observed(0)), true, true},
		"triggered again": {
			"its outcome is of the trigger before, and work waits", itemWith(ended, triggered(time.Second), observed(0)), true, false,
		},
		"trigger set back": {
			"a trigger that is older than the observed one is no new work: such an item must be retained away like any other",
			itemWith(ended, triggered(-time.Hour), observed(0)), true, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.item.Finished(); got != c.finished {
				t.Errorf("%s: finished is %t", c.why, got)
			}
			if got := c.item.Done(); got != c.done {
				t.Errorf("%s: done is %t", c.why, got)
			}
		})
	}
}

func TestWithdrawn(t *testing.T) {
	for name, c := range map[string]struct {
		why  string
		item *v1alpha1.WorkItem
		want bool
	}{
		"never":          {"no annotation", itemWith(triggered(0)), false},
		"this trigger":   {"the annotation names the trigger that was withdrawn", itemWith(triggered(0), withdrawn(noon.Format(time.RFC3339))), true},
		"older trigger":  {"moving the card back beats a late annotation", itemWith(triggered(time.Second), withdrawn(noon.Format(time.RFC3339))), false},
		"unreadable":     {"what cannot be read withdraws nothing", itemWith(triggered(0), withdrawn("yesterday")), false},
		"made by hand":   {"its creation is its trigger", itemWith(withdrawn(noon.Format(time.RFC3339))), true},
		"empty, no item": {"an empty annotation is none", itemWith(withdrawn("")), false},
	} {
		if got := c.item.Withdrawn(); got != c.want {
			t.Errorf("%s: %s: withdrawn is %t", name, c.why, got)
		}
	}
}

func TestFinalPhase(t *testing.T) {
	for _, c := range []struct {
		status metav1.ConditionStatus
		reason string
		want   v1alpha1.Phase
	}{
		{metav1.ConditionTrue, v1alpha1.ReasonSucceeded, v1alpha1.PhaseSucceeded},
		{metav1.ConditionTrue, v1alpha1.ReasonAlreadyDone, v1alpha1.PhaseSucceeded},
		{metav1.ConditionFalse, v1alpha1.ReasonTestsFailed, v1alpha1.PhaseFailed},
		{metav1.ConditionFalse, v1alpha1.ReasonRetriesExhausted, v1alpha1.PhaseFailed},
		{metav1.ConditionFalse, v1alpha1.ReasonCancelled, v1alpha1.PhaseCancelled},
		{metav1.ConditionFalse, v1alpha1.ReasonWithdrawn, v1alpha1.PhaseCancelled},
		{metav1.ConditionFalse, v1alpha1.ReasonDeleted, v1alpha1.PhaseCancelled},
		{metav1.ConditionFalse, v1alpha1.ReasonEnvironmentDeleted, v1alpha1.PhaseCancelled},
	} {
		if got := itemWith(succeeded(c.status, c.reason)).FinalPhase(); got != c.want {
			t.Errorf("%s %s is %s, want %s", c.status, c.reason, got, c.want)
		}
	}
}

func TestSpecFolder(t *testing.T) {
	if got := itemWith().SpecFolder(); got != ".kiro/specs/feature/x" {
		t.Errorf("by default the spec is in %s", got)
	}
	if got := itemWith(func(i *v1alpha1.WorkItem) { i.Spec.SpecPath = "specs/x" }).SpecFolder(); got != "specs/x" {
		t.Errorf("spec.specPath is not heeded: %s", got)
	}
}
