// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// Acquire implements lock.Acquirer.
func (t *Table) Acquire(ctx context.Context, req lock.Request) (lock.Lock, error) {
	if req.LockID == "" || req.SlotKey == "" || req.BranchKey == "" || req.CardKey == "" {
		return lock.Lock{}, fault.NewTerminal(fault.CodeInvalidRequest,
			errors.New("acquiring a lock needs a lock id and the keys of slot, branch and card"))
	}
	if n := len(req.Parameters); n > contract.MaxFrozenBytes {
		return lock.Lock{}, fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf(
			"the parameters have %d bytes; at most %d are allowed", n, contract.MaxFrozenBytes))
	}
	for _, d := range req.Draws {
		if !req.Reserve.Within(d.Most) {
			return lock.Lock{}, exhausted(d.Key, lock.Drawn{}) // not even an unused budget has enough
		}
	}
	v := valuesOfRequest(req)
	branch, slot := acquireBranch, acquireSlot
	if len(req.Draws) > 0 {
		branch, slot = acquireBranchDrawn, acquireSlotDrawn
	}
	acts := []act{{req.BranchKey, branch, v}, {req.SlotKey, slot, v}, {req.CardKey, cardNotDone, v}}
	olds, err := t.transact(ctx, append(acts, drawing(req)...)...)
	if err != nil {
		return lock.Lock{}, fmt.Errorf("acquiring the lock: %w", err)
	}
	if olds != nil {
		return t.notAcquired(ctx, req, olds)
	}
	// The fence is known only now. Should this read fail, the next Acquire finds the lock acquired already.
	i, err := t.get(ctx, req.BranchKey)
	if err != nil {
		return lock.Lock{}, fmt.Errorf("reading the acquired lock: %w", err)
	}
	if l, mine, err := own(req, i); mine {
		return l, err
	}
	return lock.Lock{}, t.giveBack(ctx, req, rowOf(req.BranchKey, i))
}

// giveBack ends what was acquired over a branch row whose fence is a number but no whole one. No condition can tell such a row from
// ours, so the table has acquired it; the decoder can, and nobody would ever release it.
func (t *Table) giveBack(ctx context.Context, req lock.Request, branch lock.Row) error {
	if !branch.Foreign || branch.LockID != req.LockID || branch.Status != contract.StatusInProgress {
		return heldBy(branch)
	}
	v := valuesOfRequest(req).with(values{"failed": text(string(contract.StatusFailed)), "deleteAt": seconds(req.Now.Add(keepReleased))})
	_, err := t.transact(ctx, act{branch.Key, giveBack, v}, act{branch.SlotKey, giveBack, v})
	if err != nil {
		return fmt.Errorf("giving back a lock over another program's row: %w", err)
	}
	return foreign(branch) // a refused transaction found that it was given back, or freed, before
}

// notAcquired says why a lock was not acquired, or finds that it was acquired before.
func (t *Table) notAcquired(ctx context.Context, req lock.Request, olds []old) (lock.Lock, error) {
	branch, err := t.oldItem(ctx, req.BranchKey, olds[0])
	if err != nil {
		return lock.Lock{}, fmt.Errorf("reading who holds the branch: %w", err)
	}
	if l, mine, err := own(req, branch); mine {
		return l, err
	}
	if olds[2].failed {
		return lock.Lock{}, doneAlready(req, olds[2].item)
	}
	if olds[0].failed {
		return lock.Lock{}, t.giveBack(ctx, req, rowOf(req.BranchKey, branch))
	}
	if refused := notDrawn(req, olds[actsOfLock:]); refused != nil {
		return lock.Lock{}, refused
	}
	slot, err := t.oldRow(ctx, req.SlotKey, olds[1])
	if err != nil {
		return lock.Lock{}, fmt.Errorf("reading who holds the slot: %w", err)
	}
	return lock.Lock{}, heldBy(slot)
}

// oldItem is what an action met. The answer leaves out a row whose condition did not fail; it is read.
func (t *Table) oldItem(ctx context.Context, key string, o old) (item, error) {
	if len(o.item) > 0 {
		return o.item, nil
	}
	return t.get(ctx, key)
}

func (t *Table) oldRow(ctx context.Context, key string, o old) (lock.Row, error) {
	i, err := t.oldItem(ctx, key, o)
	if err != nil {
		return lock.Row{}, err
	}
	return rowOf(key, i), nil
}

// own reports whether the branch row is the attempt's own, and returns its lock, or that it is over. The slot is the
// row's and not the request's: after a crash the caller may have chosen another.
func own(req lock.Request, i item) (l lock.Lock, mine bool, err error) {
	switch branch := rowOf(req.BranchKey, i); {
	case branch.LockID != req.LockID || branch.Foreign:
		return lock.Lock{}, false, nil
	case branch.Status != contract.StatusInProgress:
		return lock.Lock{}, true, attemptOver(branch)
	default:
		return lock.Lock{
			LockID:     branch.LockID,
			Fence:      branch.Fence,
			SlotKey:    branch.SlotKey,
			BranchKey:  branch.Key,
			CardKey:    branch.CardKey,
			Parameters: i.text(contract.AttrParameters),
			Budgets:    branch.Budgets(),
		}, true, nil
	}
}
