// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
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
