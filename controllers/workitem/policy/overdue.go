// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// LongWait is a wait that should not last longer than Most.
type LongWait struct {
	Since  time.Time
	Most   time.Duration
	Reason string // of the Overdue condition
	What   string // what it waits for, with what a person can do
}

// Message says since when what is waited for.
func (w *LongWait) Message() string {
	return fmt.Sprintf("Since %s: %s", w.Since.UTC().Format(time.RFC3339), w.What)
}

// waits are asked in this order: what keeps an item from the queue says more than the queue.
var waits = []func(*v1alpha1.WorkItem) *LongWait{waitsForAcceptance, waitsInQueue, waitsToConclude}

// FirstOverdue is the wait that lasts too long, or nil.
func FirstOverdue(now time.Time, item *v1alpha1.WorkItem) *LongWait {
	if item.Finished() {
		return nil
	}
	for _, of := range waits {
		if w := of(item); w != nil && now.Sub(w.Since) >= w.Most {
			return w
		}
	}
	return nil
}

func waitsForAcceptance(item *v1alpha1.WorkItem) *LongWait {
	c := item.Condition(v1alpha1.ConditionAccepted)
	if item.AttemptActive() || c.Status != metav1.ConditionFalse {
		return nil
	}
	return &LongWait{c.LastTransitionTime.Time, AcceptanceOverdue, v1alpha1.ReasonAcceptanceOverdue, c.Message}
}

func waitsInQueue(item *v1alpha1.WorkItem) *LongWait {
	q := item.Status.Queue
	if item.AttemptActive() || q == nil || q.Since == nil || waitsForItsDay(q.Reason) {
		return nil
	}
	return &LongWait{q.Since.Time, QueueOverdue, v1alpha1.ReasonQueueOverdue,
		"It is waiting in the queue (" + q.Reason + "). Raise the environment's spec.concurrency or the item's priority, or cancel it."}
}

func waitsToConclude(item *v1alpha1.WorkItem) *LongWait {
	c := item.Condition(v1alpha1.ConditionBuildFinished)
	if !item.AttemptActive() || c.Status != metav1.ConditionTrue {
		return nil
	}
	return &LongWait{c.LastTransitionTime.Time, ConcludeWindow, v1alpha1.ReasonConcludingOverdue,
		"The build is over and its lock cannot be released: " + item.Condition(v1alpha1.ConditionConcluded).Message}
}

// waitsForItsDay reports whether an item waits for a day or a month to come, as somebody has said that it is to.
func waitsForItsDay(reason string) bool {
	return reason == v1alpha1.ReasonBudgetExhausted || reason == v1alpha1.ReasonTriggerLimit
}
