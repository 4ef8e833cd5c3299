// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// armingOf is the time of the decision that the item is to be worked on.
func armingOf(item *v1alpha1.WorkItem) metav1.Time {
	if item.Spec.ArmedAt != nil {
		return *item.Spec.ArmedAt
	}
	return item.CreationTimestamp
}

// observeSpec takes a new generation and a new arming in. A later arming begins the item's way anew, but only
// between two attempts: a running one goes on to its end, and its outcome is told, under the arming that it began with.
func observeSpec(item *v1alpha1.WorkItem) {
	status := &item.Status
	status.ObservedGeneration = item.Generation
	if status.CorrelationID == "" {
		status.CorrelationID = contract.CorrelationID(string(item.UID))
	}
	arming := armingOf(item)
	switch {
	case status.ObservedArming == nil:
		status.ObservedArming = &arming
	case status.ObservedArming.Before(&arming) && !attemptActive(item) && (!finished(item) || conditionTrue(item, v1alpha1.ConditionConcluded)):
		rearm(item, arming)
	}
}

// rearm forgets what became of the arming before. The attempt stays: its number must never be used again.
func rearm(item *v1alpha1.WorkItem, arming metav1.Time) {
	if a := item.Status.Attempt; a != nil && a.Outcome != "" && !remembered(item, a.Number) {
		remember(item, *a, false, "")
	}
	item.Status.Conditions = nil
	item.Status.ObservedArming = &arming
	item.Status.Accepted = nil
	item.Status.Queue = nil
	item.Status.Retries = v1alpha1.RetryCounts{}
	item.Status.Notified = nil
	item.Status.Result = nil
	item.Status.StartTime = nil
	item.Status.CompletionTime = nil
}
