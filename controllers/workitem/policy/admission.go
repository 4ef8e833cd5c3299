// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// NotAdmitted says why an item that was not granted a slot waits. What only concerns the environment, as that it is suspended
// or not usable now, is said by the environment: it would have to be written to each item that waits.
func NotAdmitted(item *v1alpha1.WorkItem, reason queue.Reason) Miss {
	refused := item.Condition(v1alpha1.ConditionLocked)
	switch {
	case reason != queue.ReasonBranchHeld && reason != queue.ReasonBackingOff:
		return Miss{v1alpha1.ReasonNoFreeSlot, fmt.Sprintf(
			"It starts once a slot of WorkEnvironment %q is free and no other item is ahead of it. Raise the environment's spec.concurrency or the item's priority, or see the environment's conditions if nothing starts there.",
			item.Spec.EnvironmentRef.Name)}
	case refused.Status == metav1.ConditionFalse:
		return Miss{refused.Reason, refused.Message} // it lets others go first for a while
	case reason == queue.ReasonBranchHeld:
		return Miss{v1alpha1.ReasonBranchHeld, "Another item works on the branch, or is ahead of it in the queue with the same branch."}
	}
	return Miss{v1alpha1.ReasonBackingOff, "Its last try to acquire a slot came to nothing. It is tried again within a minute."}
}

// QueueDeadline is how long until an item that waits is overdue; zero if it is already.
func QueueDeadline(now time.Time, item *v1alpha1.WorkItem) time.Duration {
	q := item.Status.Queue
	if q == nil || q.Since == nil {
		return 0
	}
	return max(q.Since.Add(QueueOverdue).Sub(now), 0)
}

// Usable reports whether new work may begin in an environment, as its own controller says of it as it is.
func Usable(env *v1alpha1.WorkEnvironment) bool {
	c := meta.FindStatusCondition(env.Status.Conditions, v1alpha1.ConditionReady)
	return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == env.Generation
}

// NoEnvironment says why nothing of an item's environment will ever start it, or nil. A nil environment does not exist.
func NoEnvironment(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) *Miss {
	switch {
	case env == nil:
		return &Miss{v1alpha1.ReasonEnvironmentNotFound, fmt.Sprintf(
			"WorkEnvironment %q does not exist in this namespace. Create it, and this goes on.", item.Spec.EnvironmentRef.Name)}
	case !env.DeletionTimestamp.IsZero():
		return &Miss{v1alpha1.ReasonEnvironmentDeleting, fmt.Sprintf(
			"WorkEnvironment %q is being deleted, so no new work starts in it. Once one of that name exists again, this goes on.", env.Name)}
	}
	return nil
}

// BackingOff is how long the next attempt still has to wait: not at all at a time before the end of the last attempt,
// which the clock shows only if it was set back.
func BackingOff(now time.Time, item *v1alpha1.WorkItem) time.Duration {
	t, last := item.Status.Retries.NotBefore, item.Status.Attempt
	if t == nil || (last != nil && last.EndTime != nil && now.Before(last.EndTime.Time)) {
		return 0
	}
	return max(t.Sub(now), 0)
}

// BackingOffMiss says what the item backs off from, and until when.
func BackingOffMiss(item *v1alpha1.WorkItem) Miss {
	at := item.Status.Retries.NotBefore.UTC().Format(time.TimeOnly)
	message := fmt.Sprintf("The next attempt begins at %s UTC.", at)
	if past := item.Status.PastAttempts; len(past) > 0 {
		last := past[len(past)-1]
		message = fmt.Sprintf("Attempt %d ended as %s: %s The next begins at %s UTC.", last.Number, last.Outcome, last.Message, at)
	}
	return Miss{v1alpha1.ReasonBackingOff, message}
}
