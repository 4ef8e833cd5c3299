// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Deadlines that end nothing. Whoever waits for a person, or for a turn, waits on; but a wait that nobody has looked at
// for a day is a card that everybody believes to be worked on.
const (
	acceptanceOverdue = 24 * time.Hour
	queueOverdue      = 24 * time.Hour
)

// waits are asked in this order: what keeps an item from the queue says more than the queue.
var waits = []func(*v1alpha1.WorkItem) *longWait{waitsForAcceptance, waitsInQueue, waitsToConclude}

// longWait is a wait that is not to last longer than most.
type longWait struct {
	since  time.Time
	most   time.Duration
	reason string
	what   string // what it waits for, with what a person can do
}

// firstOverdue is the wait that lasts too long, or nil.
func firstOverdue(now time.Time, item *v1alpha1.WorkItem) *longWait {
	if item.Finished() {
		return nil
	}
	for _, of := range waits {
		if w := of(item); w != nil && now.Sub(w.since) >= w.most {
			return w
		}
	}
	return nil
}

func waitsForAcceptance(item *v1alpha1.WorkItem) *longWait {
	c := item.Condition(v1alpha1.ConditionAccepted)
	if item.AttemptActive() || c.Status != metav1.ConditionFalse {
		return nil
	}
	return &longWait{c.LastTransitionTime.Time, acceptanceOverdue, v1alpha1.ReasonAcceptanceOverdue, c.Message}
}

func waitsInQueue(item *v1alpha1.WorkItem) *longWait {
	q := item.Status.Queue
	if item.AttemptActive() || q == nil || q.Since == nil {
		return nil
	}
	return &longWait{q.Since.Time, queueOverdue, v1alpha1.ReasonQueueOverdue,
		"It stands in the queue (" + q.Reason + "). Raise the environment's spec.concurrency or the item's priority, or cancel it."}
}

func waitsToConclude(item *v1alpha1.WorkItem) *longWait {
	c := item.Condition(v1alpha1.ConditionBuildFinished)
	if !item.AttemptActive() || c.Status != metav1.ConditionTrue {
		return nil
	}
	return &longWait{c.LastTransitionTime.Time, concludeWindow, v1alpha1.ReasonConcludingOverdue,
		"The build is over and its lock cannot be given back: " + item.Condition(v1alpha1.ConditionConcluded).Message}
}

// reportOverdue tells of a wait that lasts too long, in a condition that is there only while it does.
func reportOverdue(now time.Time, item *v1alpha1.WorkItem) {
	set := conditionsOf(now, item)
	w := firstOverdue(now, item)
	if w == nil {
		set.Remove(v1alpha1.ConditionOverdue)
		return
	}
	set.True(v1alpha1.ConditionOverdue, w.reason, fmt.Sprintf("Since %s: %s", w.since.UTC().Format(time.RFC3339), w.what))
}
