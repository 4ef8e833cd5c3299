// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// TestNotes: a note is read as the result of its row, and touches no row that is there.
func TestNotes(t *testing.T) {
	f := newTable(t)
	key := contract.LookKey("0123456789abcdef")
	if err := f.WriteNote(t.Context(), key, "found", start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	rows, err := f.Rows(t.Context(), []string{key})
	if err != nil || rows[key].Result != "found" {
		t.Errorf("read %+v, %v", rows[key], err)
	}
	if err := f.WriteNote(t.Context(), key, "again", start); err == nil {
		t.Error("a note was overwritten")
	}
	f.mustAcquire(t, request("L1"))
	if err := f.WriteNote(t.Context(), branch, "found", start); err == nil {
		t.Error("a lock's row was overwritten by a note")
	}
	if err := f.WriteNote(t.Context(), key+"2", strings.Repeat("x", contract.MaxLookReport+1), start); err == nil {
		t.Error("a note of any length is taken")
	}
}
