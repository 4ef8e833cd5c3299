// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// stopCause is why an item is stopped: a reason of the Succeeded condition, and what a person reads.
type stopCause struct {
	reason, message string
}

// situation is what is decided from whether an item is to stop, besides the item itself.
type situation struct {
	// environment is the item's, as the cache has it; nil if there is none. Only its deletion is looked at: what
	// stopping needs, the attempt froze.
	environment *v1alpha1.WorkEnvironment
	// seen is what was last seen of the build, or nil.
	seen *watch.Observation
	// silence is how long the worker was looked at without a new sign of life.
	silence time.Duration
}

// causes are asked in this order: what a person wants comes before what a clock says.
var causes = []func(time.Time, *v1alpha1.WorkItem, situation) *stopCause{byPerson, queuedTooLong, ranTooLong, fellSilent}

// firstCause is why the item is to be stopped now, or nil.
func firstCause(now time.Time, item *v1alpha1.WorkItem, s situation) *stopCause {
	for _, c := range causes {
		if cause := c(now, item, s); cause != nil {
			return cause
		}
	}
	return nil
}

func byPerson(_ time.Time, item *v1alpha1.WorkItem, s situation) *stopCause {
	return stopWanted(item, s.environment)
}

// stopWanted is why a person wants the item to be stopped: by what stands in the item, or by deleting its environment.
func stopWanted(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) *stopCause {
	if cause := stopRequested(item); cause != nil {
		return cause
	}
	if env == nil || env.DeletionTimestamp.IsZero() {
		return nil
	}
	return &stopCause{v1alpha1.ReasonEnvironmentDeleted, fmt.Sprintf(
		"WorkEnvironment %q was deleted. To go on, create it again and move the card away and back.", env.Name)}
}

// stopRequested is why a person wants the item to be stopped, or nil.
func stopRequested(item *v1alpha1.WorkItem) *stopCause {
	switch {
	case !item.DeletionTimestamp.IsZero():
		return &stopCause{v1alpha1.ReasonDeleted, "The item was deleted."}
	case item.Spec.Cancel:
		return &stopCause{v1alpha1.ReasonCancelled, "spec.cancel is set. To go on, set it to false and spec.triggeredAt to now; a card is triggered by moving it away and back."}
	case item.Withdrawn():
		return &stopCause{v1alpha1.ReasonWithdrawn, "The card was moved out of the ready status. Move it back to go on."}
	}
	return nil
}

// stopMessages say of each deadline that stops a build what a person can do.
var stopMessages = map[string]string{
	v1alpha1.ReasonTimedOut: "The build was stopped: it was not over in time. Raise spec.timeout, or split the spec into smaller ones.",
	v1alpha1.ReasonQueueTimedOut: "The build was stopped: it did not leave CodeBuild's queue in time. " +
		"Have the account's limit of concurrent builds raised, or lower the environment's spec.concurrency.",
	v1alpha1.ReasonWorkerSilent: "The build was stopped: its worker gave no sign of life. Its log says how far it came.",
}

func pastDeadline(reason string) *stopCause { return &stopCause{reason, stopMessages[reason]} }

// freshLook is how old an observation may be to be acted on.
const freshLook = 2 * time.Minute

// queuedTooLong strikes for a build that CodeBuild should have ended in its queue, and did not.
func queuedTooLong(now time.Time, item *v1alpha1.WorkItem, s situation) *stopCause {
	a := item.Status.Attempt
	if !item.AttemptActive() || a.Build == nil || a.Deadlines.ProvisionBy == nil || !now.After(a.Deadlines.ProvisionBy.Time) {
		return nil
	}
	// What was seen before the deadline, or not at all, does not say that the build is queued still.
	if s.seen == nil || s.seen.Build == nil || now.Sub(s.seen.Time) > freshLook || leftQueue(a, s.seen) {
		return nil
	}
	return pastDeadline(v1alpha1.ReasonQueueTimedOut)
}

// ranTooLong strikes for a build that is not over when every time-out has passed. Only one whose worker was at work
// took too long; that another never left the queue, or never came up, is not held against the work.
func ranTooLong(now time.Time, item *v1alpha1.WorkItem, s situation) *stopCause {
	a := item.Status.Attempt
	if !item.AttemptActive() || a.Build == nil || a.Deadlines.RunBy == nil || !now.After(a.Deadlines.RunBy.Time) {
		return nil
	}
	switch {
	case !leftQueue(a, s.seen):
		return pastDeadline(v1alpha1.ReasonQueueTimedOut)
	case !cameUp(a, branchSeen(s.seen)):
		return pastDeadline(v1alpha1.ReasonWorkerSilent)
	}
	return pastDeadline(v1alpha1.ReasonTimedOut)
}

// leftQueue reports whether the build was ever seen out of CodeBuild's queue.
func leftQueue(a *v1alpha1.Attempt, seen *watch.Observation) bool {
	return a.Build.Provisioned || (seen != nil && seen.Build != nil && seen.Build.Provisioned) || cameUp(a, branchSeen(seen))
}

// cameUp reports whether the attempt's worker ever gave a sign of life.
func cameUp(a *v1alpha1.Attempt, row lock.Row) bool {
	return a.Progress.HeartbeatTime != nil || a.Progress.Stage != "" || (row.LockID == a.LockID && !row.HeartbeatAt.IsZero())
}

// branchSeen is the branch's row as it was last seen; an empty one if it was not.
func branchSeen(seen *watch.Observation) lock.Row {
	if seen == nil || seen.Branch == nil || seen.RowErr != nil {
		return lock.Row{}
	}
	return *seen.Branch
}

// silentAfter is how long a worker that has given signs of life may give none. It gives one every 30 seconds,
// whatever the agent and the tests are at.
const silentAfter = 10 * time.Minute

// fellSilent strikes for a worker whose heartbeat does not change any more. An old look says nothing of the worker.
func fellSilent(now time.Time, item *v1alpha1.WorkItem, s situation) *stopCause {
	a := item.Status.Attempt
	if !item.AttemptActive() || a.Build == nil || !beats(a, s.seen) || now.Sub(s.seen.Time) > freshLook || s.silence < silentAfter {
		return nil
	}
	return pastDeadline(v1alpha1.ReasonWorkerSilent)
}

// beats reports whether a worker that holds the attempt's lock was seen, which gives signs of life.
func beats(a *v1alpha1.Attempt, seen *watch.Observation) bool {
	row := branchSeen(seen)
	return row.LockID == a.LockID && row.Status == contract.StatusInProgress && !row.HeartbeatAt.IsZero()
}
