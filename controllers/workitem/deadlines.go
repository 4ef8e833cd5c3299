// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// stopCause is why an item is stopped: a reason of the Succeeded condition, and what a person reads.
type stopCause struct {
	reason, message string
}

// causes are asked in this order: what a person wants comes before what a clock says.
var causes = []func(time.Time, *v1alpha1.WorkItem, *watch.Observation) *stopCause{byPerson, ranTooLong, fellSilent}

// firstCause is why the item is to be stopped now, or nil.
func firstCause(now time.Time, item *v1alpha1.WorkItem, seen *watch.Observation) *stopCause {
	for _, c := range causes {
		if cause := c(now, item, seen); cause != nil {
			return cause
		}
	}
	return nil
}

func byPerson(_ time.Time, item *v1alpha1.WorkItem, _ *watch.Observation) *stopCause {
	return stopRequested(item)
}

// stopRequested is why a person wants the item to be stopped, or nil.
func stopRequested(item *v1alpha1.WorkItem) *stopCause {
	switch {
	case !item.DeletionTimestamp.IsZero():
		return &stopCause{v1alpha1.ReasonDeleted, "The item was deleted."}
	case item.Spec.Cancel:
		return &stopCause{v1alpha1.ReasonCancelled, "spec.cancel is set. To go on, set it to false and spec.armedAt to now; a card is armed by moving it away and back."}
	case withdrawn(item):
		return &stopCause{v1alpha1.ReasonWithdrawn, "The card was moved out of the ready status. Move it back to go on."}
	}
	return nil
}

// withdrawn reports whether the card was moved away after it was armed. An annotation that cannot be read, or is of
// an earlier arming, withdraws nothing.
func withdrawn(item *v1alpha1.WorkItem) bool {
	arming, err := time.Parse(time.RFC3339, item.Annotations[v1alpha1.WithdrawnAnnotation])
	armed := armingOf(item)
	return err == nil && !armed.After(arming)
}

func ranTooLong(now time.Time, item *v1alpha1.WorkItem, _ *watch.Observation) *stopCause {
	a := item.Status.Attempt
	if !attemptActive(item) || a.Build == nil || a.Deadlines.RunBy == nil || !now.After(a.Deadlines.RunBy.Time) {
		return nil
	}
	return &stopCause{v1alpha1.ReasonTimedOut, fmt.Sprintf(
		"The build was not over %s after its start. Raise spec.timeout, or split the spec into smaller ones.",
		a.Deadlines.RunBy.Sub(a.IntentTime.Time).Round(time.Minute))}
}

// silentAfter is how long a worker that has given signs of life may give none. It gives one every 30 seconds,
// whatever the agent and the tests are at.
const silentAfter = 10 * time.Minute

// freshLook is how old an observation may be to be acted on.
const freshLook = 2 * time.Minute

func fellSilent(now time.Time, item *v1alpha1.WorkItem, seen *watch.Observation) *stopCause {
	a := item.Status.Attempt
	if !attemptActive(item) || a.Build == nil || seen == nil || seen.Branch == nil || seen.RowErr != nil {
		return nil
	}
	row := seen.Branch
	if row.LockID != a.LockID || row.Status != contract.StatusInProgress || row.HeartbeatAt.IsZero() {
		return nil
	}
	// How long it was silent when it was looked at, not how long ago that was: an old look says nothing of the worker.
	if now.Sub(seen.Time) > freshLook || seen.Time.Sub(row.HeartbeatAt) < silentAfter {
		return nil
	}
	return &stopCause{v1alpha1.ReasonWorkerLost, fmt.Sprintf("The worker gave no sign of life for %s.", silentAfter)}
}
