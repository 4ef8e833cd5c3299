// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package locks knows the lock of a work item's attempts: which number, id and keys it has, how its rows are read, and how
// it is abandoned while no build has claimed it. When any of that is done is for the steps to decide.
package locks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// NextNumber is the number of the attempt that is active, or else of the one that comes next. Numbers never start again,
// not on a new trigger either: the lock's id is made of them.
func NextNumber(item *v1alpha1.WorkItem) int32 {
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

// NextID is the id of the lock of the attempt that NextNumber numbers.
func NextID(item *v1alpha1.WorkItem) string {
	return contract.LockID(string(item.UID), NextNumber(item))
}

// BranchKey is the row of the item's branch as it was accepted.
func BranchKey(item *v1alpha1.WorkItem) string {
	a := item.Status.Accepted
	return contract.BranchKey(a.ForgeHost, a.RepositoryID, "refs/heads/"+item.Spec.Branch)
}

// Of is an attempt's lock.
func Of(a *v1alpha1.Attempt) lock.Lock {
	return lock.Lock{
		LockID: a.LockID, Fence: a.Fence,
		SlotKey: a.Parameters.SlotKey, BranchKey: a.Parameters.BranchKey, CardKey: a.Parameters.CardKey,
	}
}

// BranchRow reads the attempt's branch row.
func BranchRow(ctx context.Context, table lock.Reader, a *v1alpha1.Attempt) (lock.Row, error) {
	rows, err := table.Rows(ctx, []string{a.Parameters.BranchKey})
	if err != nil {
		return lock.Row{}, fmt.Errorf("reading the branch's row: %w", err)
	}
	return rows[a.Parameters.BranchKey], nil
}

// Read reads the attempt's rows, the card's first: the branch's row may have been acquired by the next attempt before its
// result was read.
func Read(ctx context.Context, table lock.Reader, a *v1alpha1.Attempt) (lock.Row, lock.CardRow, error) {
	card, err := Card(ctx, table, a)
	if err != nil {
		return lock.Row{}, lock.CardRow{}, err
	}
	row, err := BranchRow(ctx, table, a)
	return row, card, err
}

// Card reads the record of the attempt's card.
func Card(ctx context.Context, table lock.Reader, a *v1alpha1.Attempt) (lock.CardRow, error) {
	card, err := table.Card(ctx, a.Parameters.CardKey)
	if err != nil {
		return lock.CardRow{}, fmt.Errorf("reading the card's record: %w", err)
	}
	return card, nil
}

// ErrClaimed is returned for a lock that cannot be abandoned, because a build has claimed it.
var ErrClaimed = errors.New("a build has claimed the lock")

// Abandoner reads locks, and releases those that no build has claimed.
type Abandoner interface {
	lock.Reader
	lock.Acquirer
}

// Abandon abandons the attempt's lock, if no build has claimed it. Claim and abandon race on one row, and exactly one
// wins. A row that is not the attempt's any more needs nothing. One that a build has claimed and released already is
// refused like one that is claimed: that build's work would be lost.
func Abandon(ctx context.Context, table Abandoner, a *v1alpha1.Attempt, now time.Time) error {
	row, err := BranchRow(ctx, table, a)
	if err != nil {
		return err
	}
	switch {
	case row.LockID != a.LockID:
		return nil
	case row.BuildID != "":
		return ErrClaimed
	case row.Status != contract.StatusInProgress:
		return nil
	}
	if err := table.Abandon(ctx, row, now); err != nil {
		return fmt.Errorf("abandoning the lock: %w", err)
	}
	return nil
}

// IsRefusal reports whether the table itself refused the operation.
func IsRefusal(err error) bool {
	var refusal *lock.Refusal
	return errors.As(err, &refusal)
}

// Settle replaces what the attempt has set aside in budgets by what it used. It counts once, however often it is called.
func Settle(ctx context.Context, table lock.Acquirer, a *v1alpha1.Attempt, used contract.Usage) error {
	if len(a.Parameters.Budgets) == 0 {
		return nil
	}
	if err := table.Settle(ctx, a.Parameters.Budgets, a.LockID, used); err != nil {
		return fmt.Errorf("settling the budgets: %w", err)
	}
	return nil
}
