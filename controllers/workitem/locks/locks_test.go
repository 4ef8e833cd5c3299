// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package locks

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestNextNumber(t *testing.T) {
	for _, c := range []struct {
		why     string
		attempt *v1alpha1.Attempt
		want    int32
	}{
		{"the first attempt", nil, 1},
		{"an attempt that is active keeps its number", &v1alpha1.Attempt{Number: 3}, 3},
		{"a number is never used again", &v1alpha1.Attempt{Number: 3, Outcome: v1alpha1.ReasonAbandoned}, 4},
	} {
		item := &v1alpha1.WorkItem{Status: v1alpha1.WorkItemStatus{Attempt: c.attempt}}
		if got := NextNumber(item); got != c.want {
			t.Errorf("%s: got %d, want %d", c.why, got, c.want)
		}
	}
}

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
		"unclaimed": {"nothing was built under it",
			lock.Row{LockID: mine, Status: contract.StatusInProgress}, nil, 1},
		"claimed": {"a build has won",
			lock.Row{LockID: mine, Status: contract.StatusInProgress, BuildID: arn}, ErrClaimed, 0},
		"claimed and released": {"a build has won and is done: were its lock abandoned, its success would be lost",
			lock.Row{LockID: mine, Status: contract.StatusComplete, BuildID: arn}, ErrClaimed, 0},
		"abandoned before": {"there is nothing left to abandon",
			lock.Row{LockID: mine, Status: contract.StatusFailed}, nil, 0},
		"another's": {"what is another's is left alone",
			lock.Row{LockID: "lock-2", Status: contract.StatusInProgress}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c.row.Exists, c.row.Key = true, key
			table := &oneRow{row: c.row}
			a := &v1alpha1.Attempt{LockID: mine, Parameters: v1alpha1.FrozenParameters{BranchKey: key}}
			if err := Abandon(t.Context(), table, a, time.Time{}); !errors.Is(err, c.err) || table.abandoned != c.abandoned {
				t.Errorf("%s: got %v and %d abandoned, want %v and %d", c.why, err, table.abandoned, c.err, c.abandoned)
			}
		})
	}
}

// recorder is a lock table that remembers in which order it was read.
type recorder struct {
	lock.Table
	reads []string
}

func (r *recorder) Rows(_ context.Context, keys []string) (map[string]lock.Row, error) {
	r.reads = append(r.reads, keys...)
	return map[string]lock.Row{}, nil
}

func (r *recorder) Card(_ context.Context, key string) (lock.CardRow, error) {
	r.reads = append(r.reads, key)
	return lock.CardRow{}, nil
}

// Were the branch's row read first, the next attempt could acquire it before the card's record was written and read, and
// the attempt's result would be seen in neither.
func TestReadAsksForTheCardFirst(t *testing.T) {
	table := &recorder{}
	a := &v1alpha1.Attempt{Parameters: v1alpha1.FrozenParameters{BranchKey: "branch", CardKey: "card"}}
	if _, _, err := Read(t.Context(), table, a); err != nil || len(table.reads) != 2 || table.reads[0] != "card" {
		t.Errorf("it read %v: %v", table.reads, err)
	}
}
