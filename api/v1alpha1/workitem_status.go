// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// WorkItemSteps are the conditions that a work item reaches one after the other, in their order.
var WorkItemSteps = []string{
	ConditionAccepted, ConditionAdmitted, ConditionLocked, ConditionBuildStarted, ConditionBuildFinished, ConditionConcluded,
}

// WorkItemConditions are all conditions of a work item, as a person reads them: the summary first, then the steps.
var WorkItemConditions = append([]string{
	ConditionReady, ConditionSucceeded, ConditionReconciling, ConditionStalled, ConditionOverdue,
}, WorkItemSteps...)

// Condition is one of the item's conditions, for reading; an empty one if it is absent.
func (w *WorkItem) Condition(kind string) metav1.Condition {
	if c := meta.FindStatusCondition(w.Status.Conditions, kind); c != nil {
		return *c
	}
	return metav1.Condition{}
}

// IsTrue reports whether one of the item's conditions is True.
func (w *WorkItem) IsTrue(kind string) bool {
	return meta.IsStatusConditionTrue(w.Status.Conditions, kind)
}

// Trigger is the time of the decision that the item is to be worked on. For an item made by hand that names none it is
// the item's creation.
func (w *WorkItem) Trigger() metav1.Time {
	if w.Spec.TriggeredAt != nil {
		return *w.Spec.TriggeredAt
	}
	return w.CreationTimestamp
}

// Retriggered reports whether the item was triggered again after the trigger that its status is of.
func (w *WorkItem) Retriggered() bool {
	trigger := w.Trigger()
	return w.Status.ObservedTrigger != nil && w.Status.ObservedTrigger.Before(&trigger)
}

// AttemptActive reports whether the item has an attempt that is not over.
func (w *WorkItem) AttemptActive() bool {
	return w.Status.Attempt != nil && w.Status.Attempt.Outcome == ""
}

// Finished reports whether the outcome of the observed trigger is known, whether or not it was reported yet. An item
// that was retriggered since is finished and has work waiting: see Done.
func (w *WorkItem) Finished() bool {
	status := w.Condition(ConditionSucceeded).Status
	return status == metav1.ConditionTrue || status == metav1.ConditionFalse
}

// Done reports whether nothing is left to do for the item until a person triggers it again: its outcome is known and no
// later trigger waits.
func (w *WorkItem) Done() bool { return w.Finished() && !w.Retriggered() }

// Withdrawn reports whether the card was moved out of the ready status after the item's trigger. An annotation that
// cannot be read, or that is of an earlier trigger, withdraws nothing.
func (w *WorkItem) Withdrawn() bool {
	withdrawn, err := time.Parse(time.RFC3339, w.Annotations[WithdrawnAnnotation])
	trigger := w.Trigger()
	return err == nil && !trigger.After(withdrawn)
}

// FinalPhase is the phase of a finished item: Succeeded, Failed or Cancelled.
func (w *WorkItem) FinalPhase() Phase {
	switch succeeded := w.Condition(ConditionSucceeded); {
	case succeeded.Status == metav1.ConditionTrue:
		return PhaseSucceeded
	case contract.Outcome(succeeded.Reason).ByPerson():
		return PhaseCancelled
	default:
		return PhaseFailed
	}
}

// SpecFolder is the folder of the item's spec files in its repository.
func (w *WorkItem) SpecFolder() string {
	if w.Spec.SpecPath != "" {
		return w.Spec.SpecPath
	}
	return DefaultSpecRoot + w.Spec.Branch
}

// QueuedAt is the time by which the queue orders the item: its card's creation, or its own.
func (w *WorkItem) QueuedAt() time.Time {
	if c := w.Spec.Card; c != nil && c.CreatedAt != nil {
		return c.CreatedAt.Time
	}
	return w.CreationTimestamp.Time
}

// Waits reports whether the item waits for its turn in its environment's queue: it was accepted, nothing works on it, and
// nobody wants it to stop.
func (w *WorkItem) Waits() bool {
	return w.DeletionTimestamp.IsZero() && !w.Spec.Cancel && !w.Withdrawn() && !w.AttemptActive() && !w.Finished() &&
		w.IsTrue(ConditionAccepted)
}

// DependencyNames are the names of the items that this one depends on, each once, in alphabetical order: those of
// spec.dependsOn, and those whose issues block its own.
func (w *WorkItem) DependencyNames() []string {
	names := slices.Clone(w.Spec.DependsOn)
	if w.Spec.Card != nil {
		for _, b := range w.Spec.Card.BlockedBy {
			if b.WorkItem != "" {
				names = append(names, b.WorkItem)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
