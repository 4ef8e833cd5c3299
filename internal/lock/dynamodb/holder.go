// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// Claim implements lock.Holder.
func (t *Table) Claim(ctx context.Context, l lock.Lock, buildARN string, expiresAt time.Time) error {
	if buildARN == "" {
		return errNoBuild
	}
	v := valuesOfLock(l).with(values{"buildId": text(buildARN), "expiresAt": seconds(expiresAt)})
	olds, err := t.transact(ctx, act{l.BranchKey, claimBranch, v}, act{l.SlotKey, claimSlot, v})
	if err != nil {
		return fmt.Errorf("claiming the lock: %w", err)
	}
	return t.notHolder(ctx, l, buildARN, olds)
}

// Parameters implements lock.Holder.
func (t *Table) Parameters(ctx context.Context, l lock.Lock) (string, error) {
	i, err := t.get(ctx, l.BranchKey)
	if err != nil {
		return "", fmt.Errorf("reading what the lock was acquired with: %w", err)
	}
	return i.text(contract.AttrParameters), nil
}

// Heartbeat implements lock.Holder.
func (t *Table) Heartbeat(ctx context.Context, l lock.Lock, buildARN string, now, expiresAt time.Time, p lock.Progress) error {
	if buildARN == "" {
		return errNoBuild
	}
	if err := checkResult(p.Result); err != nil {
		return err
	}
	v := valuesOfLock(l).with(values{
		"buildId":   text(buildARN),
		"now":       seconds(now),
		"expiresAt": seconds(expiresAt),
		"stage":     text(string(p.Stage)),
		"tasks":     tasks(p.Tasks),
		"result":    text(p.Result),
	})
	branch, slot := heartbeatBranch, heartbeatSlot
	if p.Result != "" {
		branch, slot = heartbeatBranchResult, heartbeatSlotResult
	}
	olds, err := t.transact(ctx, act{l.BranchKey, branch, v}, act{l.SlotKey, slot, v})
	if err != nil {
		return fmt.Errorf("renewing the lease: %w", err)
	}
	return t.notHolder(ctx, l, buildARN, olds)
}

// Release implements lock.Holder.
func (t *Table) Release(ctx context.Context, l lock.Lock, buildARN string, now time.Time, e lock.Ending) error {
	if buildARN == "" {
		return errNoBuild
	}
	if e.Status != contract.StatusComplete && e.Status != contract.StatusFailed {
		return fault.NewTerminal(fault.CodeInvalidRequest,
			fmt.Errorf("a lock is released as complete or failed, not as %q", e.Status))
	}
	if err := checkResult(e.Result); err != nil {
		return err
	}
	r := releasing(l, buildARN, now, e)
	olds, err := t.transact(ctx, r.acts()...)
	if err == nil && olds != nil && !olds[0].failed && !olds[1].failed {
		// Only the card's record refused: it has a later trigger already. The rows must be freed even so.
		r.card = nil
		olds, err = t.transact(ctx, r.acts()...)
	}
	if err != nil {
		return fmt.Errorf("releasing the lock: %w", err)
	}
	if olds == nil {
		return nil
	}
	return t.releasedAlready(ctx, l, buildARN, e, r, olds)
}

// releasedAlready grants a release again that was done before and whose answer was lost. Either row proves it: one
// transaction wrote both, and the next attempt may have acquired the other since.
func (t *Table) releasedAlready(
	ctx context.Context, l lock.Lock, buildARN string, e lock.Ending, r release, olds []old,
) error {
	proof := ""
	for i, key := range []string{l.BranchKey, l.SlotKey} {
		row, err := t.oldRow(ctx, key, olds[i])
		if err != nil {
			return fmt.Errorf("reading what became of the lock: %w", err)
		}
		if row.LockID == l.LockID && row.BuildID == buildARN && row.Status == e.Status {
			proof = key
			break
		}
	}
	switch {
	case proof == "":
		return t.notHolder(ctx, l, buildARN, olds)
	case r.card == nil:
		return nil
	}
	// The earlier release may not have recorded the card: a build says what it knows, the controller what follows.
	again, err := t.transact(ctx, act{proof, releasedByMe, r.branch.values}, *r.card)
	if err != nil {
		return fmt.Errorf("recording the card: %w", err)
	}
	if again != nil && again[0].failed {
		return t.notHolder(ctx, l, buildARN, olds)
	}
	return nil
}

// release is the actions of a release; card is nil if the trigger is not processed.
type release struct {
	branch, slot act
	card         *act
}

func releasing(l lock.Lock, buildARN string, now time.Time, e lock.Ending) release {
	v := valuesOfLock(l).with(values{
		"buildId":      text(buildARN),
		"ending":       text(string(e.Status)),
		"outcome":      text(string(e.Outcome)),
		"result":       text(e.Result),
		"deleteAt":     seconds(now.Add(keepReleased)),
		"deleteCardAt": seconds(now.Add(keepCards)),
	})
	branch, slot, card := releaseBranch, releaseSlot, recordCard
	if e.Result != "" {
		branch, slot, card = releaseBranchResult, releaseSlotResult, recordCardResult
	}
	r := release{branch: act{l.BranchKey, branch, v}, slot: act{l.SlotKey, slot, v}}
	if e.Trigger != nil {
		r.card = &act{l.CardKey, card, v.with(values{"trigger": millis(*e.Trigger)})}
	}
	return r
}

func (r release) acts() []act {
	if r.card == nil {
		return []act{r.branch, r.slot}
	}
	return []act{r.branch, r.slot, *r.card}
}

var errNoBuild = fault.NewTerminal(fault.CodeInvalidRequest,
	errors.New("no build is named: only a build can claim, hold or release a lock"))

func checkResult(result string) error {
	if len(result) > contract.MaxResultBytes {
		return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf(
			"the result has %d bytes; at most %d are allowed", len(result), contract.MaxResultBytes))
	}
	return nil
}
