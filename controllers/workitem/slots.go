// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// slotRows are the rows of all slots of a project, by number, read in one consistent look.
type slotRows []lock.Row

func readSlots(ctx context.Context, table lock.Reader, projectARN string) (slotRows, error) {
	keys := contract.SlotKeys(projectARN)
	rows, err := table.Rows(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("reading the slots: %w", err)
	}
	slots := make(slotRows, len(keys))
	for n, key := range keys {
		slots[n] = rows[key]
		slots[n].Key = key
	}
	return slots, nil
}

// held says which slots count against the concurrency: all that anybody holds but this lock, whatever the
// concurrency is now, so that it can be lowered while builds run. An empty lock id counts every one.
func (s slotRows) held(lockID string) []bool {
	held := make([]bool, len(s))
	for n, row := range s {
		held[n] = row.Held() && (lockID == "" || row.LockID != lockID)
	}
	return held
}

// has reports whether the key is one of these slots'.
func (s slotRows) has(key string) bool {
	return slices.ContainsFunc(s, func(row lock.Row) bool { return row.Key == key })
}

// slotFor is the key of the slot that the lock holds already, or else of the first that nobody holds; empty if
// there is none, or if as many are held by others as the concurrency allows.
func (s slotRows) slotFor(lockID string, concurrency int) string {
	for _, row := range s {
		if row.Held() && row.LockID == lockID {
			return row.Key
		}
	}
	if n, ok := queue.LowestFree(s.held("")); ok && queue.FreeSlots(s.held(lockID), concurrency) > 0 {
		return s[n].Key
	}
	return ""
}
