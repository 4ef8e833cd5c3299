// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"context"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

var _ lock.Notes = (*Table)(nil)

// writeNote touches no row that is there: whatever it is, it is not this note's.
var writeNote = expression{"attribute_not_exists(#lockKey)", "SET #result = :result, #deleteAt = :deleteAt"}

// WriteNote implements lock.Notes.
func (t *Table) WriteNote(ctx context.Context, key, note string, deleteAt time.Time) error {
	if len(note) > contract.MaxLookReport {
		return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf("a note of %d bytes is longer than %d", len(note), contract.MaxLookReport))
	}
	olds, err := t.transact(ctx, act{key, writeNote, values{"result": text(note), "deleteAt": seconds(deleteAt)}})
	if err != nil {
		return fmt.Errorf("writing a note to table %s: %w", t.name, err)
	}
	if olds != nil {
		return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf("row %s of table %s is there already", key, t.name))
	}
	return nil
}
