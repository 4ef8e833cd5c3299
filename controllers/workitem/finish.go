// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// finish records the item's outcome. An attempt that is still open, because releasing its lock had failed, ends with it:
// left open it would hold its branch and a slot against others in the queue for ever.
func finish(item *v1alpha1.WorkItem, outcome policy.Outcome, now time.Time) {
	endAttempt(item, outcome, now)
	set := conditionsOf(now, item)
	if outcome.Name == contract.OutcomeSucceeded {
		set.True(v1alpha1.ConditionSucceeded, string(outcome.Name), outcome.Message)
	} else {
		set.False(v1alpha1.ConditionSucceeded, string(outcome.Name), outcome.Message)
	}
	t := metav1.NewTime(now)
	item.Status.CompletionTime = &t
	item.Status.Queue = nil
	item.Status.Result = resultOf(item, outcome.Result)
}

// finishAlreadyDone finishes the item with what is recorded of a trigger that was processed elsewhere, or before this
// object was made.
func finishAlreadyDone(item *v1alpha1.WorkItem, card lock.CardRow, now time.Time) {
	outcome := policy.Outcome{Name: contract.OutcomeAlreadyDone, Message: fmt.Sprintf(
		"This trigger was already processed and ended as %s. Move the card away and back to run it again.",
		fault.Cut(string(card.Outcome), maxOutcome))}
	r, err := contract.ParseResult(card.Result)
	if err == nil {
		outcome.Result = &r
	}
	finish(item, outcome, now)
	if err == nil && card.Outcome == contract.OutcomeSucceeded && r.Succeeded() {
		conditionsOf(now, item).True(v1alpha1.ConditionSucceeded, v1alpha1.ReasonAlreadyDone, outcome.Message)
	}
}

// recordedOutcome is how an attempt ended that the card's record says of. Its build may have come unseen, processed the
// trigger and released, and the branch be another's by now: then nothing else says it.
func recordedOutcome(ctx context.Context, table lock.Reader, a *v1alpha1.Attempt) (outcome policy.Outcome, recorded bool, err error) {
	card, err := locks.Card(ctx, table, a)
	if err != nil || !card.Exists || card.LockID != a.LockID {
		return policy.Outcome{}, false, err
	}
	return policy.Classify(policy.FactsOf(a, lock.Row{}, card)), true, nil
}

// resultOf is the result as the status shows it.
func resultOf(item *v1alpha1.WorkItem, r *contract.Result) *v1alpha1.Result {
	out := &v1alpha1.Result{}
	if accepted := item.Status.Accepted; accepted != nil {
		out.PullRequestURL = accepted.PullRequestURL
	}
	if a := item.Status.Attempt; a != nil && a.Build != nil {
		out.LogsURL = a.Build.LogsURL
	}
	if r == nil {
		return out
	}
	out.Commit, out.ArtifactsURL = fault.Cut(r.Commit, maxCommit), fault.Cut(r.ArtifactsURL, maxURL)
	out.Tests, out.Coverage, out.Agent = testsOf(*r), coverageOf(*r), costOf(*r)
	return out
}
