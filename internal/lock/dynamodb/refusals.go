// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"context"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// refuse makes a refusal. Its message names the row and what to do, and nothing that changes from call to call:
// it ends up in conditions.
func refuse(why error, row lock.Row, message string) *lock.Refusal {
	return &lock.Refusal{Err: why, Row: row, Message: fmt.Sprintf("%s: %s", row.Key, message)}
}

func foreign(row lock.Row) *lock.Refusal {
	return refuse(lock.ErrForeign, row, "the row is another program's (its fence is missing, or no whole number) and is left to it; "+
		"give Kiro Worker a table of its own, or remove the row once that program no longer needs it")
}

// heldBy says who holds a row that could not be acquired.
func heldBy(row lock.Row) error {
	switch {
	case row.Foreign:
		return foreign(row)
	case !row.Held():
		// It was held when the table decided, and is free by now. The caller's next try will see.
		return refuse(lock.ErrHeld, row, "it was held a moment ago; try again")
	case row.BuildID != "":
		return refuse(lock.ErrHeld, row, fmt.Sprintf("it is held by %s, attempt %d, build %s; wait until that ends",
			row.WorkItemID, row.Attempt, row.BuildID))
	default:
		return refuse(lock.ErrHeld, row, fmt.Sprintf("it is held by %s, attempt %d; wait until that ends",
			row.WorkItemID, row.Attempt))
	}
}

func attemptOver(row lock.Row) error {
	return refuse(lock.ErrAttemptOver, row, fmt.Sprintf("attempt %d is over (%s); its outcome is to be concluded",
		row.Attempt, row.Status))
}

// doneAlready says that a card's record has this trigger, or a later one, as processed.
func doneAlready(req lock.Request, i item) error {
	card := cardOf(i)
	if card.Trigger.IsZero() {
		return foreign(lock.Row{Key: req.CardKey, Exists: card.Exists, Foreign: true, LockID: card.LockID})
	}
	r := refuse(lock.ErrAlreadyDone, rowOf(req.CardKey, i), fmt.Sprintf(
		"the card was processed already, with outcome %s; move it away and back to have it worked on again", card.Outcome))
	r.Card = card
	return r
}

// notHolder says why the rows are not the caller's any more; it is nil if nothing was refused. The branch row
// is asked first, because it has the fence.
func (t *Table) notHolder(ctx context.Context, l lock.Lock, buildARN string, olds []old) error {
	if olds == nil {
		return nil
	}
	key, o := l.BranchKey, olds[0]
	if !o.failed {
		key, o = l.SlotKey, olds[1]
	}
	row, err := t.oldRow(ctx, key, o)
	if err != nil {
		return fmt.Errorf("reading who holds the lock: %w", err)
	}
	return refuse(lock.ErrNotHolder, row, whyNotHolder(l, buildARN, row))
}

func whyNotHolder(l lock.Lock, buildARN string, row lock.Row) string {
	switch {
	case !row.Exists:
		return "the row is gone; nothing may be done under this lock any more"
	case row.LockID != l.LockID || row.Key == l.BranchKey && row.Fence != l.Fence:
		return fmt.Sprintf("the lock was lost to %s, attempt %d; nothing may be done under it any more",
			row.WorkItemID, row.Attempt)
	case row.Status != contract.StatusInProgress:
		return fmt.Sprintf("the lock was ended (%s); nothing may be done under it any more", row.Status)
	case row.BuildID == "":
		return "no build has claimed the lock; claim it first"
	case row.BuildID != buildARN:
		return "the lock is claimed by build " + row.BuildID + "; only that build may work under it"
	default:
		return "it was not as expected a moment ago; try again"
	}
}
