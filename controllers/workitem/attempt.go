// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// endAttempt ends the active attempt. Ended twice, it stays as it was first.
func endAttempt(item *v1alpha1.WorkItem, outcome policy.Outcome, now time.Time) {
	if a := item.Status.Attempt; a != nil && a.Outcome == "" {
		t := metav1.NewTime(now)
		a.Outcome, a.EndTime = string(outcome.Name), &t
		observeFailure(&a.Progress, outcome.Result)
	}
}

// requeue ends the active attempt without ending the item, and brings the item back to the beginning of its way.
func requeue(item *v1alpha1.WorkItem, outcome policy.Outcome, counted bool, notBefore, now time.Time) {
	endAttempt(item, outcome, now)
	remember(item, *item.Status.Attempt, counted, outcome.Message)
	t := metav1.NewTime(notBefore)
	item.Status.Retries.NotBefore = &t
	conditionsOf(now, item).Remove(v1alpha1.WorkItemSteps...)
	item.Status.Accepted = nil
	item.Status.Queue = nil
}

// consume records that an attempt's number was used up before the status knew of it.
func consume(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, row lock.Row, now time.Time) {
	t := metav1.NewTime(now)
	item.Status.Attempt = &v1alpha1.Attempt{
		Number: locks.NextNumber(item), LockID: locks.NextID(item), Fence: row.Fence,
		Trigger: *item.Status.ObservedTrigger, Outcome: v1alpha1.ReasonAbandoned, EndTime: &t,
		Parameters: v1alpha1.FrozenParameters{
			Repository: item.Spec.Repository, Branch: item.Spec.Branch, SpecPath: item.SpecFolder(),
			AWS: env.Spec.AWS, LockRegion: env.Spec.LockAccess().Region, TableName: env.Spec.Lock.TableName, ProjectName: env.Spec.CodeBuild.ProjectName,
			SlotKey: row.SlotKey, BranchKey: row.BranchKey, ProjectARN: row.ProjectARN,
		},
	}
	remember(item, *item.Status.Attempt, false, "Its lock was abandoned before a build was started.")
}

func remembered(item *v1alpha1.WorkItem, number int32) bool {
	return slices.ContainsFunc(item.Status.PastAttempts, func(p v1alpha1.PastAttempt) bool { return p.Number == number })
}

// remember keeps what there is to know of an attempt that was cut short or failed.
func remember(item *v1alpha1.WorkItem, a v1alpha1.Attempt, counted bool, message string) {
	if remembered(item, a.Number) {
		return
	}
	past := v1alpha1.PastAttempt{
		Number: a.Number, Outcome: a.Outcome, Message: fault.Cut(fault.Clean(message), maxMessage), Counted: counted, Time: a.EndTime,
	}
	if a.Build != nil {
		past.BuildARN = a.Build.ARN
	}
	item.Status.PastAttempts = append(item.Status.PastAttempts, past)
	if extra := len(item.Status.PastAttempts) - policy.MaxPastAttempts; extra > 0 {
		item.Status.PastAttempts = item.Status.PastAttempts[extra:]
	}
}
