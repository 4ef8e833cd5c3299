// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracking

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

func TestTroubleTracker(t *testing.T) {
	tracker, now := NewTroubleTracker(), noon
	for _, c := range []struct {
		why   string
		key   string
		text  string
		after time.Duration
		want  bool
	}{
		{"nothing is wrong", "a", "", 0, false},
		{"it goes wrong", "a", "denied", time.Minute, true},
		{"it is still wrong, and was logged", "a", "denied", time.Minute, false},
		{"the same elsewhere is news", "b", "denied", 0, true},
		{"it goes wrong in another way", "a", "throttled", time.Minute, true},
		{"it is fine again", "a", "", time.Minute, false},
		{"it goes wrong again", "a", "throttled", time.Minute, true},
		{"a list that only grows would grow for ever", "c", "denied", policy.Remembered + time.Minute, true},
	} {
		now = now.Add(c.after)
		if got := tracker.Changed(c.key, c.text, now); got != c.want {
			t.Errorf("%s: got %t", c.why, got)
		}
	}
	if len(tracker.last) != 1 {
		t.Errorf("%d troubles are remembered, want only the one of today", len(tracker.last))
	}
}
