// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// conditionsOf is the item's conditions, to be set at its generation.
func conditionsOf(now time.Time, item *v1alpha1.WorkItem) conditions.Set {
	return conditions.Of(&item.Status.Conditions, item.Generation, now)
}

// summarize derives what is for people and for kstatus from the conditions of the steps.
func summarize(now time.Time, item *v1alpha1.WorkItem) {
	set := conditionsOf(now, item)
	if !item.Finished() {
		reason, message := v1alpha1.ReasonPending, "It has not been checked yet."
		for _, kind := range v1alpha1.WorkItemSteps {
			if c := set.Get(kind); c != nil && c.Status != metav1.ConditionTrue {
				reason, message = c.Reason, c.Message
				break
			}
		}
		set.Unknown(v1alpha1.ConditionSucceeded, reason, message)
	}
	set.Copy(v1alpha1.ConditionReady, v1alpha1.ConditionSucceeded)
	switch succeeded := item.Condition(v1alpha1.ConditionSucceeded); succeeded.Status {
	case metav1.ConditionUnknown:
		set.Remove(v1alpha1.ConditionStalled)
		set.True(v1alpha1.ConditionReconciling, v1alpha1.ReasonProgressing, "No action is needed.")
	case metav1.ConditionFalse:
		set.Remove(v1alpha1.ConditionReconciling)
		set.True(v1alpha1.ConditionStalled, succeeded.Reason, succeeded.Message)
	default:
		set.Remove(v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled)
	}
	if w := policy.FirstOverdue(now, item); w != nil {
		set.True(v1alpha1.ConditionOverdue, w.Reason, w.Message())
	} else {
		set.Remove(v1alpha1.ConditionOverdue)
	}
	item.Status.Phase = phaseOf(item)
	item.Status.Summary = v1alpha1.Summary{Title: titleOf(item), Stage: stageOf(item), Coverage: coverageColumn(item)}
	inOrder(item.Status.Conditions)
}

// inOrder puts the conditions as a person reads them: the summary first, then the steps.
func inOrder(list []metav1.Condition) {
	order := v1alpha1.WorkItemConditions
	slices.SortStableFunc(list, func(a, b metav1.Condition) int {
		return slices.Index(order, a.Type) - slices.Index(order, b.Type)
	})
}

// phaseOf sums the item up in one word. No decision reads it.
func phaseOf(item *v1alpha1.WorkItem) v1alpha1.Phase {
	a := item.Status.Attempt
	switch {
	case item.Finished() && !item.IsTrue(v1alpha1.ConditionConcluded):
		return v1alpha1.PhaseConcluding
	case item.Finished():
		return item.FinalPhase()
	case item.AttemptActive() && item.IsTrue(v1alpha1.ConditionBuildFinished):
		return v1alpha1.PhaseConcluding
	case item.AttemptActive() && a.Build != nil:
		return v1alpha1.PhaseRunning
	case item.AttemptActive():
		return v1alpha1.PhaseStarting
	case item.IsTrue(v1alpha1.ConditionAccepted):
		return v1alpha1.PhaseQueued
	case item.Status.Retries.NotBefore != nil:
		return v1alpha1.PhaseQueued
	case item.Condition(v1alpha1.ConditionAccepted).Status == metav1.ConditionFalse:
		return v1alpha1.PhaseWaiting
	}
	return v1alpha1.PhasePending
}

// titleOf is the card's title, cut to what a list has room for.
func titleOf(item *v1alpha1.WorkItem) string {
	if item.Spec.Card == nil {
		return ""
	}
	title := []rune(fault.Clean(item.Spec.Card.Title))
	if len(title) > maxTitle {
		title = append(title[:maxTitle-1], '…')
	}
	return string(title)
}

// stageOf is the stage that failed; while none has, the one that runs or ran last. What an attempt of an earlier trigger
// came to is not shown any more.
func stageOf(item *v1alpha1.WorkItem) string {
	if !attemptOfTrigger(item) {
		return ""
	}
	p := item.Status.Attempt.Progress
	return cmp.Or(p.FailedStage, p.Stage)
}

// coverageColumn is the coverage that was measured: of lines, or of what the report has instead, with its name.
func coverageColumn(item *v1alpha1.WorkItem) string {
	var c *v1alpha1.CoverageSummary
	switch {
	case item.Status.Result != nil && item.Status.Result.Coverage != nil:
		c = item.Status.Result.Coverage
	case attemptOfTrigger(item):
		c = item.Status.Attempt.Progress.Coverage
	}
	switch {
	case c == nil:
		return ""
	case c.Lines != "":
		return c.Lines
	case c.Statements != "":
		return c.Statements + " statements"
	case c.Functions != "":
		return c.Functions + " functions"
	case c.Branches != "":
		return c.Branches + " branches"
	}
	return ""
}

// attemptOfTrigger reports whether the item's attempt is of the trigger that its status is of.
func attemptOfTrigger(item *v1alpha1.WorkItem) bool {
	a, trigger := item.Status.Attempt, item.Status.ObservedTrigger
	return a != nil && trigger != nil && a.Trigger.Equal(trigger)
}
