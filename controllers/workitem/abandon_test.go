// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"cmp"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// oneRow is a lock table with one row, which counts what is abandoned.
type oneRow struct {
	lock.Table
	row       lock.Row
	abandoned int
}

func (o *oneRow) Rows(context.Context, []string) (map[string]lock.Row, error) {
	return map[string]lock.Row{o.row.Key: o.row}, nil
}

func (o *oneRow) Abandon(context.Context, lock.Row, time.Time) error {
	o.abandoned++
	return nil
}

func TestAbandon(t *testing.T) {
	const key, mine, arn = "branch#github.com/7#refs/heads/x", "lock-1", "arn:aws:codebuild:eu-west-1:111111111111:build/p:1"
	for name, c := range map[string]struct {
		why       string
		row       lock.Row
		err       error
		abandoned int
	}{
		"unclaimed": {"nothing was built under it, so it is given up",
			lock.Row{LockID: mine, Status: contract.StatusInProgress}, nil, 1},
		"claimed": {"a build has won",
			lock.Row{LockID: mine, Status: contract.StatusInProgress, BuildID: arn}, errClaimed, 0},
		"claimed and released": {"a build has won and is done: were it nothing to give up, its success would be lost",
			lock.Row{LockID: mine, Status: contract.StatusComplete, BuildID: arn}, errClaimed, 0},
		"given up before": {"there is nothing left to give up",
			lock.Row{LockID: mine, Status: contract.StatusFailed}, nil, 0},
		"another's": {"what is another's is left alone",
			lock.Row{LockID: "lock-2", Status: contract.StatusInProgress}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c.row.Exists, c.row.Key = true, key
			table := &oneRow{row: c.row}
			a := &v1alpha1.Attempt{LockID: mine, Parameters: v1alpha1.FrozenParameters{BranchKey: key}}
			if err := abandon(t.Context(), table, a, time.Time{}); !errors.Is(err, c.err) || table.abandoned != c.abandoned {
				t.Errorf("%s: got %v and %d abandoned, want %v and %d", c.why, err, table.abandoned, c.err, c.abandoned)
			}
		})
	}
}

// oneCard is a lock table with one card's record.
type oneCard struct {
	lock.Table
	card lock.CardRow
}

func (o oneCard) Card(context.Context, string) (lock.CardRow, error) { return o.card, nil }

func TestLastWord(t *testing.T) {
	good, err := contract.Result{
		Outcome: contract.OutcomeSucceeded, TestsGate: contract.GatePassed, CoverageGate: contract.GatePassed,
	}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		why  string
		card lock.CardRow
		want string
	}{
		"no record": {"nobody did the work", lock.CardRow{}, v1alpha1.ReasonWithdrawn},
		"another's": {"another attempt's record says nothing of this one",
			lock.CardRow{Exists: true, LockID: "lock-2", Outcome: contract.OutcomeSucceeded, Result: good}, v1alpha1.ReasonWithdrawn},
		"its own": {"the branch is another's by now, and only the record tells that the work was done",
			lock.CardRow{Exists: true, LockID: "lock-1", Outcome: contract.OutcomeSucceeded, Result: good}, v1alpha1.ReasonSucceeded},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := lastWord(t.Context(), oneCard{card: c.card}, &v1alpha1.Attempt{LockID: "lock-1"}, stopCause{reason: v1alpha1.ReasonWithdrawn})
			if err != nil || got.outcome != c.want {
				t.Errorf("%s: got %q (%v), want %q", c.why, got.outcome, err, c.want)
			}
		})
	}
}

func TestFinishEndsAnOpenAttempt(t *testing.T) {
	for name, was := range map[string]string{"open": "", "ended before": v1alpha1.ReasonTimedOut} {
		t.Run(name, func(t *testing.T) {
			item := &v1alpha1.WorkItem{Status: v1alpha1.WorkItemStatus{Attempt: &v1alpha1.Attempt{Outcome: was}}}
			finish(item, verdict{outcome: v1alpha1.ReasonAlreadyDone}, time.Unix(1, 0))
			want := cmp.Or(was, v1alpha1.ReasonAlreadyDone)
			if item.AttemptActive() || item.Status.Attempt.Outcome != want {
				t.Errorf("the attempt's outcome is %q, want %q: an open one holds its branch against others", item.Status.Attempt.Outcome, want)
			}
		})
	}
}
