// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"testing"
	"time"
)

func TestGitBounds(t *testing.T) {
	long, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	want, _ := long.Deadline()
	fetch, done := bounded(long, true)
	defer done()
	if got, _ := fetch.Deadline(); !got.Equal(want) {
		t.Errorf("a fetch has all the time that it was given, got %s less", want.Sub(got))
	}
	local, done := bounded(long, false)
	defer done()
	if got, _ := local.Deadline(); !got.Before(want) {
		t.Error("a command that stays here never takes so long")
	}
	none, done := bounded(t.Context(), true)
	defer done()
	if _, ok := none.Deadline(); !ok {
		t.Error("nothing runs without a bound")
	}
}
