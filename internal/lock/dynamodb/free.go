// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"context"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// Abandon implements lock.Acquirer.
func (t *Table) Abandon(ctx context.Context, row lock.Row, now time.Time) error {
	if row.Exists && row.BuildID != "" {
		return refuse(lock.ErrNotHolder, row, "it was claimed by build "+row.BuildID+
			"; wait for that build, or stop it")
	}
	if err := t.free(ctx, row, now); err != nil {
		return fmt.Errorf("abandoning the lock: %w", err)
	}
	return nil
}

// Reclaim implements lock.Reaper.
func (t *Table) Reclaim(ctx context.Context, row lock.Row, now time.Time) error {
	if row.Exists && row.BuildID == "" {
		return refuse(lock.ErrNotHolder, row, "no build has claimed it; abandon it instead")
	}
	if err := expired(row, now); err != nil {
		return err
	}
	if err := t.free(ctx, row, now); err != nil {
		return fmt.Errorf("reclaiming the lock: %w", err)
	}
	return nil
}

// Unlock implements lock.Reaper.
func (t *Table) Unlock(ctx context.Context, row lock.Row, now time.Time) error {
	if err := expired(row, now); err != nil {
		return err
	}
	if err := t.free(ctx, row, now); err != nil {
		return fmt.Errorf("unlocking: %w", err)
	}
	return nil
}

func expired(row lock.Row, now time.Time) error {
	if row.Held() && !row.Foreign && row.ExpiresAt.After(now) {
		return refuse(lock.ErrHeld, row, "its lease has not ended; wait until it has")
	}
	return nil
}

// free releases a row and its partner without their holder, both as they were read. A partner that is not this lock's,
// as after a table was restored from a backup, is left alone, and the transaction makes sure that it still is not.
func (t *Table) free(ctx context.Context, row lock.Row, now time.Time) error {
	switch {
	case row.Foreign:
		return foreign(row)
	case !row.Exists || row.Status != contract.StatusInProgress:
		return refuse(lock.ErrNotHolder, row, "nobody holds it; there is nothing to free")
	}
	acts := []act{freeing(row, now)}
	rows := []lock.Row{row}
	if key := partnerKey(row); key != "" {
		partner, err := t.row(ctx, key)
		if err != nil {
			return fmt.Errorf("reading the partner row: %w", err)
		}
		a, err := withPartner(row, partner, now)
		if err != nil {
			return err
		}
		acts, rows = append(acts, a), append(rows, partner)
	}
	olds, err := t.transact(ctx, acts...)
	if err != nil {
		return err
	}
	for i, o := range olds {
		if o.failed {
			return refuse(lock.ErrNotHolder, rowOf(rows[i].Key, o.item), "it has changed since it was read; look again")
		}
	}
	return nil
}

// withPartner is what is asked of, or done to, the partner of a row that is freed.
func withPartner(row, partner lock.Row, now time.Time) (act, error) {
	v := valuesOfRow(row, now)
	switch {
	case partner.Foreign || partner.LockID != row.LockID || partner.Status != contract.StatusInProgress:
		return act{partner.Key, notHeldByThat, v}, nil
	case partner.BuildID == "" || partner.BuildID == row.BuildID:
		return freeing(partner, now), nil
	case row.BuildID == "":
		return act{}, refuse(lock.ErrNotHolder, partner, "it was claimed by build "+partner.BuildID+
			"; wait for that build, or stop it")
	default:
		return act{partner.Key, claimedByAnother, v}, nil
	}
}

// freeing frees a row that is exactly as it was read.
func freeing(row lock.Row, now time.Time) act {
	e := freeUnclaimed
	switch {
	case row.BuildID != "" && !row.HeartbeatAt.IsZero():
		e = freeWithHeartbeat
	case row.BuildID != "":
		e = freeClaimed
	}
	return act{row.Key, e, valuesOfRow(row, now)}
}

func partnerKey(row lock.Row) string {
	if row.Key == row.SlotKey {
		return row.BranchKey
	}
	return row.SlotKey
}
