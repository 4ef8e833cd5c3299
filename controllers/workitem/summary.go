// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
)

// way is the conditions of an item's way, in their order.
var way = []string{
	v1alpha1.ConditionAccepted, v1alpha1.ConditionAdmitted, v1alpha1.ConditionLocked,
	v1alpha1.ConditionBuildStarted, v1alpha1.ConditionBuildFinished, v1alpha1.ConditionConcluded,
}

// conditionsOf is the item's conditions, to be set at its generation.
func conditionsOf(now time.Time, item *v1alpha1.WorkItem) conditions.Set {
	return conditions.Of(&item.Status.Conditions, item.Generation, now)
}

// conditionOf is one condition, for reading; an empty one if it is absent.
func conditionOf(item *v1alpha1.WorkItem, kind string) metav1.Condition {
	if c := meta.FindStatusCondition(item.Status.Conditions, kind); c != nil {
		return *c
	}
	return metav1.Condition{}
}

func conditionTrue(item *v1alpha1.WorkItem, kind string) bool {
	return meta.IsStatusConditionTrue(item.Status.Conditions, kind)
}

// summarize derives what is for people and for kstatus from the conditions of the way.
func summarize(now time.Time, item *v1alpha1.WorkItem) {
	set := conditionsOf(now, item)
	if !finished(item) {
		reason, message := v1alpha1.ReasonPending, "It was not looked at yet."
		for _, kind := range way {
			if c := set.Get(kind); c != nil && c.Status != metav1.ConditionTrue {
				reason, message = c.Reason, c.Message
				break
			}
		}
		set.Unknown(v1alpha1.ConditionSucceeded, reason, message)
	}
	set.Copy(v1alpha1.ConditionReady, v1alpha1.ConditionSucceeded)
	switch succeeded := conditionOf(item, v1alpha1.ConditionSucceeded); succeeded.Status {
	case metav1.ConditionUnknown:
		set.Remove(v1alpha1.ConditionStalled)
		set.True(v1alpha1.ConditionReconciling, v1alpha1.ReasonProgressing, "It goes on by itself.")
	case metav1.ConditionFalse:
		set.Remove(v1alpha1.ConditionReconciling)
		set.True(v1alpha1.ConditionStalled, succeeded.Reason, succeeded.Message)
	default:
		set.Remove(v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled)
	}
	reportOverdue(now, item)
	item.Status.Phase = phaseOf(item)
	inOrder(item.Status.Conditions)
}

// inOrder puts the conditions as a person reads them: the last word first, then the way.
func inOrder(list []metav1.Condition) {
	order := append([]string{
		v1alpha1.ConditionReady, v1alpha1.ConditionSucceeded, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
		v1alpha1.ConditionOverdue,
	}, way...)
	slices.SortStableFunc(list, func(a, b metav1.Condition) int {
		return slices.Index(order, a.Type) - slices.Index(order, b.Type)
	})
}

// phaseOf sums the item up in one word. No decision reads it.
func phaseOf(item *v1alpha1.WorkItem) v1alpha1.Phase {
	a := item.Status.Attempt
	switch {
	case finished(item) && !conditionTrue(item, v1alpha1.ConditionConcluded):
		return v1alpha1.PhaseConcluding
	case finished(item):
		return finalPhase(item)
	case attemptActive(item) && conditionTrue(item, v1alpha1.ConditionBuildFinished):
		return v1alpha1.PhaseConcluding
	case attemptActive(item) && a.Build != nil:
		return v1alpha1.PhaseRunning
	case attemptActive(item):
		return v1alpha1.PhaseStarting
	case conditionTrue(item, v1alpha1.ConditionAccepted):
		return v1alpha1.PhaseQueued
	case item.Status.Retries.NotBefore != nil:
		return v1alpha1.PhaseQueued
	case conditionOf(item, v1alpha1.ConditionAccepted).Status == metav1.ConditionFalse:
		return v1alpha1.PhaseWaiting
	}
	return v1alpha1.PhasePending
}
