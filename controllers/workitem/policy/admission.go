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

// queueMisses says the queue's reasons in the API's words.
var queueMisses = map[queue.Reason]Miss{
	queue.ReasonNotFirst:   {v1alpha1.ReasonNotFirst, "Other items are ahead in the queue: they have a higher priority or an older card."},
	queue.ReasonNoFreeSlot: {v1alpha1.ReasonNoFreeSlot, "It starts once a running build ends. Raise the environment's spec.concurrency to run more at once."},
	queue.ReasonBranchHeld: {v1alpha1.ReasonBranchHeld, "Another item works on the branch, or is ahead of it in the queue with the same branch."},
	queue.ReasonBackingOff: {v1alpha1.ReasonBackingOff, "The next attempt waits before it tries again."},
}

// NotAdmitted says why the queue did not admit an item.
func NotAdmitted(d queue.Decision) Miss { return queueMisses[d.Reason] }

// QueueRecheck is how soon an item that was not admitted asks again.
func QueueRecheck(d queue.Decision, concurrency int) time.Duration {
	if d.Position <= concurrency {
		return HeadRecheck
	}
	return TailRecheck
}

// Usable reports whether new work may begin in an environment, as its own controller says of it as it is.
func Usable(env *v1alpha1.WorkEnvironment) bool {
	c := meta.FindStatusCondition(env.Status.Conditions, v1alpha1.ConditionReady)
	return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == env.Generation
}

// Unusable says why the item's environment cannot be used now, or nil. A nil environment does not exist.
func Unusable(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) *Miss {
	if env == nil {
		return &Miss{v1alpha1.ReasonEnvironmentNotFound, fmt.Sprintf(
			"WorkEnvironment %q does not exist in this namespace. Create it.", item.Spec.EnvironmentRef.Name)}
	}
	ready := meta.FindStatusCondition(env.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case !env.DeletionTimestamp.IsZero():
		return &Miss{v1alpha1.ReasonEnvironmentDeleting, fmt.Sprintf(
			"WorkEnvironment %q is being deleted, so no new work starts in it.", env.Name)}
	case ready == nil || ready.ObservedGeneration != env.Generation:
		return &Miss{v1alpha1.ReasonEnvironmentNotReady, fmt.Sprintf("WorkEnvironment %q has not been checked yet.", env.Name)}
	case ready.Status != metav1.ConditionTrue:
		return &Miss{v1alpha1.ReasonEnvironmentNotReady, fmt.Sprintf("WorkEnvironment %q is not usable: %s", env.Name, ready.Message)}
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
