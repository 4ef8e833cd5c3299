// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package items

import (
	"context"
	"fmt"
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// Slots are the rows of all slots of a project, by number, as one consistent read found them. A slot without a row is a
// zero row with its key.
type Slots []lock.Row

// ReadSlots reads the slots of a project.
func ReadSlots(ctx context.Context, table lock.Reader, projectARN string) (Slots, error) {
	keys := contract.SlotKeys(projectARN)
	rows, err := table.Rows(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("reading the slots: %w", err)
	}
	slots := make(Slots, len(keys))
	for n, key := range keys {
		slots[n] = rows[key]
		slots[n].Key = key
	}
	return slots, nil
}

// Held says of each slot whether it is held; those that lockID holds are left out, unless it is empty.
func (s Slots) Held(lockID string) []bool {
	held := make([]bool, len(s))
	for n, row := range s {
		held[n] = row.Held() && (lockID == "" || row.LockID != lockID)
	}
	return held
}

// Has reports whether a key is one of the slots'.
func (s Slots) Has(key string) bool {
	return slices.ContainsFunc(s, func(row lock.Row) bool { return row.Key == key })
}

// For is the key of the slot that a lock acquires: the one that it holds already, after a crash, or else the lowest that
// is free. Empty if none may be acquired.
func (s Slots) For(lockID string, concurrency int) string {
	for _, row := range s {
		if row.Held() && row.LockID == lockID {
			return row.Key
		}
	}
	if n, ok := queue.LowestFree(s.Held("")); ok && queue.FreeSlots(s.Held(lockID), concurrency) > 0 {
		return s[n].Key
	}
	return ""
}
