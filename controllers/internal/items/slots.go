// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package items

import (
	"context"
	"fmt"
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
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

// Held says of each slot whether it is held.
func (s Slots) Held() []bool {
	held := make([]bool, len(s))
	for n, row := range s {
		held[n] = row.Held()
	}
	return held
}

// Has reports whether a key is one of the slots'.
func (s Slots) Has(key string) bool {
	return slices.ContainsFunc(s, func(row lock.Row) bool { return row.Key == key })
}
