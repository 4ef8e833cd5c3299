// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// maxPastAttempts is how many attempts are remembered.
const maxPastAttempts = 5

// nextNumber is the number of the attempt that is active, or else of the one that comes next. Numbers never
// start again, not on a new trigger either: the lock's id is made of them.
func nextNumber(item *v1alpha1.WorkItem) int32 {
	a := item.Status.Attempt
	switch {
	case a == nil:
		return 1
	case a.Outcome == "":
		return a.Number
	default:
		return a.Number + 1
	}
}

// lockOf is the attempt's lock.
func lockOf(a *v1alpha1.Attempt) lock.Lock {
	return lock.Lock{
		LockID: a.LockID, Fence: a.Fence,
		SlotKey: a.Parameters.SlotKey, BranchKey: a.Parameters.BranchKey, CardKey: a.Parameters.CardKey,
	}
}

// endAttempt ends the active attempt. Ended twice, it stays as it was first.
func endAttempt(item *v1alpha1.WorkItem, outcome string, now time.Time) {
	if a := item.Status.Attempt; a != nil && a.Outcome == "" {
		t := metav1.NewTime(now)
		a.Outcome, a.EndTime = outcome, &t
	}
}

// requeue ends the active attempt without a last word and brings the item back to its way's beginning.
func requeue(item *v1alpha1.WorkItem, outcome, message string, counted bool, notBefore, now time.Time) {
	endAttempt(item, outcome, now)
	remember(item, *item.Status.Attempt, counted, message)
	t := metav1.NewTime(notBefore)
	item.Status.Retries.NotBefore = &t
	conditionsOf(now, item).Remove(
		v1alpha1.ConditionAccepted, v1alpha1.ConditionAdmitted, v1alpha1.ConditionLocked,
		v1alpha1.ConditionBuildStarted, v1alpha1.ConditionBuildFinished, v1alpha1.ConditionConcluded,
	)
	item.Status.Accepted = nil
	item.Status.Queue = nil
}

func remembered(item *v1alpha1.WorkItem, number int32) bool {
	for _, p := range item.Status.PastAttempts {
		if p.Number == number {
			return true
		}
	}
	return false
}

func remember(item *v1alpha1.WorkItem, a v1alpha1.Attempt, counted bool, message string) {
	if remembered(item, a.Number) {
		return
	}
	past := v1alpha1.PastAttempt{
		Number: a.Number, Outcome: a.Outcome, Message: cut(fault.Clean(message), 500), Counted: counted, Time: a.EndTime,
	}
	if a.Build != nil {
		past.BuildARN = a.Build.ARN
	}
	item.Status.PastAttempts = append(item.Status.PastAttempts, past)
	if extra := len(item.Status.PastAttempts) - maxPastAttempts; extra > 0 {
		item.Status.PastAttempts = item.Status.PastAttempts[extra:]
	}
}

// cut shortens a cleaned message to what the schema takes, in bytes.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && text[most]&0xC0 == 0x80 {
		most--
	}
	return text[:most]
}

// cardKey is the row that records what was processed for the item.
func cardKey(item *v1alpha1.WorkItem) string {
	if c := item.Spec.Card; c != nil {
		return contract.CardKey(c.Provider, c.ID)
	}
	return contract.ObjectCardKey(string(item.UID))
}
