// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// StopCause is why an item is to be stopped.
type StopCause struct {
	Outcome contract.Outcome // the item's, unless its build reached another
	Message string
}

// Situation is what the decision whether an item is to be stopped depends on, besides the item itself.
type Situation struct {
	// Environment is the item's, as the cache has it; nil if there is none. Only its deletion counts, and whether that is to
	// cancel its items: what stopping needs, the attempt froze.
	Environment *v1alpha1.WorkEnvironment
	// Seen is what was last seen of the build, or nil.
	Seen *watch.Observation
	// Silence is how long the worker was looked at without a new heartbeat.
	Silence time.Duration
}

// causes are asked in this order: what a person requests comes before what a clock says.
var causes = []func(time.Time, *v1alpha1.WorkItem, Situation) *StopCause{byPerson, queuedTooLong, ranTooLong, fellSilent}

// FirstCause is why the item is to be stopped now, or nil.
func FirstCause(now time.Time, item *v1alpha1.WorkItem, s Situation) *StopCause {
	for _, c := range causes {
		if cause := c(now, item, s); cause != nil {
			return cause
		}
	}
	return nil
}

func byPerson(_ time.Time, item *v1alpha1.WorkItem, s Situation) *StopCause {
	return StopRequested(item, s.Environment)
}

// StopRequested is why a person requests that the item stop, or nil: by what the item says, or by deleting its
// environment, which may be nil, where that says that it cancels its items. Otherwise an environment that is deleted by
// accident, as by a wrong commit, loses no work: what runs goes on, and what waits waits for it to come back.
func StopRequested(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) *StopCause {
	switch {
	case !item.DeletionTimestamp.IsZero():
		return &StopCause{contract.OutcomeDeleted, "The item was deleted."}
	case item.Spec.Cancel:
		return &StopCause{contract.OutcomeCancelled, "spec.cancel is set. To go on, set it to false and spec.triggeredAt to now; a card is triggered by moving it away and back."}
	case item.Withdrawn():
		return &StopCause{contract.OutcomeWithdrawn, "The card was moved out of the ready status. Move it back to go on."}
	case env != nil && !env.DeletionTimestamp.IsZero() && env.Spec.OnDelete == v1alpha1.OnDeleteCancel:
		return &StopCause{contract.OutcomeEnvironmentDeleted, fmt.Sprintf(
			"WorkEnvironment %q was deleted, with spec.onDelete: Cancel. To go on, create it again and move the card away and back.", env.Name)}
	}
	return nil
}

// stopMessages say of each deadline that stops a build what a person can do.
var stopMessages = map[contract.Outcome]string{
	contract.OutcomeTimedOut: "The build was stopped: it did not end in time. Raise spec.timeout, or split the spec into smaller ones.",
	contract.OutcomeQueueTimedOut: "The build was stopped: it did not leave CodeBuild's queue in time. " +
		"Have the account's limit of concurrent builds raised, or lower the environment's spec.concurrency.",
	contract.OutcomeWorkerSilent: "The build was stopped: its worker sent no heartbeat. The build's log shows how far it got.",
}

func pastDeadline(outcome contract.Outcome) *StopCause {
	return &StopCause{outcome, stopMessages[outcome]}
}

// queuedTooLong finds a build that CodeBuild should have ended in its queue, and did not.
func queuedTooLong(now time.Time, item *v1alpha1.WorkItem, s Situation) *StopCause {
	a := item.Status.Attempt
	if !item.AttemptActive() || a.Build == nil || a.Deadlines.ProvisionBy == nil || !now.After(a.Deadlines.ProvisionBy.Time) {
		return nil
	}
	// What was seen before the deadline, or not at all, does not say that the build is queued still.
	if s.Seen == nil || s.Seen.Build == nil || now.Sub(s.Seen.Time) > FreshLook || leftQueue(a, s.Seen) {
		return nil
	}
	return pastDeadline(contract.OutcomeQueueTimedOut)
}

// ranTooLong finds a build that is not over when every time-out has passed. Only one whose worker came up took too long;
// that another never left the queue, or its worker never came up, is not held against the work.
func ranTooLong(now time.Time, item *v1alpha1.WorkItem, s Situation) *StopCause {
	a := item.Status.Attempt
	if !item.AttemptActive() || a.Build == nil || a.Deadlines.RunBy == nil || !now.After(a.Deadlines.RunBy.Time) {
		return nil
	}
	switch {
	case !leftQueue(a, s.Seen):
		return pastDeadline(contract.OutcomeQueueTimedOut)
	case !cameUp(a, branchSeen(s.Seen)):
		return pastDeadline(contract.OutcomeWorkerSilent)
	}
	return pastDeadline(contract.OutcomeTimedOut)
}

// leftQueue reports whether the build was ever seen out of CodeBuild's queue.
func leftQueue(a *v1alpha1.Attempt, seen *watch.Observation) bool {
	return a.Build.Provisioned || (seen != nil && seen.Build != nil && seen.Build.Provisioned) || cameUp(a, branchSeen(seen))
}

// cameUp reports whether the attempt's worker ever sent a heartbeat or reported a stage.
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

// fellSilent finds a worker whose heartbeat does not change any more. An old look says nothing of the worker.
func fellSilent(now time.Time, item *v1alpha1.WorkItem, s Situation) *StopCause {
	if !HasHeartbeat(item, s.Seen) || now.Sub(s.Seen.Time) > FreshLook || s.Silence < SilentAfter {
		return nil
	}
	return pastDeadline(contract.OutcomeWorkerSilent)
}

// HasHeartbeat reports whether a worker was seen that holds the lock of the item's active attempt and sends heartbeats.
func HasHeartbeat(item *v1alpha1.WorkItem, seen *watch.Observation) bool {
	if !item.AttemptActive() || item.Status.Attempt.Build == nil {
		return false
	}
	row := branchSeen(seen)
	return row.LockID == item.Status.Attempt.LockID && row.Status == contract.StatusInProgress && !row.HeartbeatAt.IsZero()
}

// AskAgain is how soon a build is asked to stop again, after a request that ended with err.
func AskAgain(err error) time.Duration {
	if w, ok := fault.AsWait(err); ok {
		return min(max(w.After, StopRetry), StopAgain)
	}
	if err == nil || fault.IsTerminal(err) {
		return StopAgain
	}
	return StopRetry
}

// StopDue is how long it still is until the build may be asked to stop again. More than an interval is left only if the
// clock was set back, and that must not keep a build alive.
func StopDue(now time.Time, a *v1alpha1.Attempt) time.Duration {
	if a.StopAgainTime == nil {
		return 0
	}
	if left := a.StopAgainTime.Sub(now); left <= StopAgain {
		return left
	}
	return 0
}

// stopRefused says what to do about a build that could not be asked to stop.
func stopRefused(a *v1alpha1.Attempt) string {
	return fmt.Sprintf("Build %s could not be stopped: %s. It is asked to stop again and again. "+
		"If this continues, grant the environment's role codebuild:StopBuild, or stop the build in the CodeBuild console.",
		a.Build.ID, strings.TrimSuffix(a.StopRefusal, "."))
}
