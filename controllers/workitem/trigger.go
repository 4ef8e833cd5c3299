// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// observeSpec records a new generation and a new trigger. A later trigger brings the item back to its beginning, but only
// between two attempts: a running one goes on to its end, and its outcome is reported, under the trigger that it began
// with.
func observeSpec(item *v1alpha1.WorkItem) {
	status := &item.Status
	status.ObservedGeneration = item.Generation
	if status.CorrelationID == "" {
		status.CorrelationID = contract.CorrelationID(string(item.UID))
	}
	trigger := item.Trigger()
	switch {
	case status.ObservedTrigger == nil:
		status.ObservedTrigger = &trigger
	case item.Retriggered() && !item.AttemptActive() && (!item.Finished() || item.IsTrue(v1alpha1.ConditionConcluded)):
		retrigger(item, trigger)
	}
}

// retrigger forgets the outcome of the trigger before. The attempt stays: its number must never be used again.
func retrigger(item *v1alpha1.WorkItem, trigger metav1.Time) {
	if a := item.Status.Attempt; a != nil && a.Outcome != "" && !remembered(item, a.Number) {
		remember(item, *a, false, item.Condition(v1alpha1.ConditionSucceeded).Message)
	}
	item.Status.Conditions = nil
	item.Status.ObservedTrigger = &trigger
	item.Status.Accepted = nil
	item.Status.Queue = nil
	item.Status.Retries = v1alpha1.RetryCounts{}
	item.Status.Notified = nil
	item.Status.Result = nil
	item.Status.StartTime = nil
	item.Status.CompletionTime = nil
}
