// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// errClaimed: the lock cannot be abandoned, because a build has claimed it.
var errClaimed = errors.New("a build has claimed the lock")

// abandon gives the attempt's lock up, if no build has claimed it. Claim and abandon race on one row, and exactly
// one wins. A row that is not ours any more is nothing to give up. One that a build has claimed and released already
// is: that build's work would be lost.
func abandon(ctx context.Context, table lock.Table, a *v1alpha1.Attempt, now time.Time) error {
	row, err := branchRow(ctx, table, a)
	if err != nil {
		return err
	}
	switch {
	case row.LockID != a.LockID:
		return nil
	case row.BuildID != "":
		return errClaimed
	case row.Status != contract.StatusInProgress:
		return nil
	}
	if err := table.Abandon(ctx, row, now); err != nil {
		return fmt.Errorf("abandoning the lock: %w", err)
	}
	return nil
}

// outdated reports whether a row is held by the item itself, under a lock that it will never use: no build has claimed
// it, and it is of an attempt that is over, or of the next attempt but for another branch than is asked for now. The
// first comes of a cache that lagged, the second of a branch that was changed between taking the lock and the intent.
// Without this the item would stand in its own way for a whole lease.
func outdated(item *v1alpha1.WorkItem, row lock.Row) bool {
	if row.Foreign || !row.Held() || row.Holder != string(item.UID) || row.BuildID != "" {
		return false
	}
	next := nextNumber(item)
	return row.Attempt < next || (row.Attempt == next && row.BranchKey != branchKey(item))
}

// branchRow reads the attempt's branch row.
func branchRow(ctx context.Context, table lock.Reader, a *v1alpha1.Attempt) (lock.Row, error) {
	rows, err := table.Rows(ctx, []string{a.Parameters.BranchKey})
	if err != nil {
		return lock.Row{}, fmt.Errorf("reading the branch's row: %w", err)
	}
	return rows[a.Parameters.BranchKey], nil
}

// burn records that an attempt's number was used up before the status knew of it.
func burn(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, row lock.Row, now time.Time) {
	t := metav1.NewTime(now)
	number := nextNumber(item)
	item.Status.Attempt = &v1alpha1.Attempt{
		Number: number, LockID: contract.LockID(string(item.UID), number), Fence: row.Fence,
		Trigger: *item.Status.ObservedTrigger, Outcome: v1alpha1.ReasonAbandoned, EndTime: &t,
		Parameters: v1alpha1.FrozenParameters{
			Repository: item.Spec.Repository, Branch: item.Spec.Branch, SpecPath: item.SpecFolder(),
			AWS: env.Spec.AWS, LockRegion: env.Spec.LockAccess().Region, TableName: env.Spec.Lock.TableName, ProjectName: env.Spec.CodeBuild.ProjectName,
			SlotKey: row.SlotKey, BranchKey: row.BranchKey, CardKey: cardKey(item), ProjectARN: row.ProjectARN,
		},
	}
	remember(item, *item.Status.Attempt, false, "Its lock was given up before a build was started.")
}

// table returns the attempt's lock table, from what the attempt froze.
func (d deps) table(ctx context.Context, item *v1alpha1.WorkItem) (lock.Table, error) {
	p := item.Status.Attempt.Parameters
	table, err := d.clients.Table(ctx, item.Namespace, p.LockAccess(), p.TableName)
	if err != nil {
		return nil, fmt.Errorf("reaching the lock table: %w", err)
	}
	return table, nil
}
