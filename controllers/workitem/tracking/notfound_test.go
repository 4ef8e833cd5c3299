// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracking

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

func TestNotFoundTracker(t *testing.T) {
	s, now := NewNotFoundTracker(), time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		why   string
		after time.Duration
		known bool
		want  int
	}{
		{"the first look", 0, false, 1},
		{"looks at short distance are one", policy.NotFoundSpacing / 2, false, 1},
		{"the second", policy.NotFoundSpacing / 2, false, 2},
		{"a build that was found again was never gone", policy.NotFoundSpacing, true, 1},
		{"a list that only grows would grow for ever", policy.Remembered + time.Minute, false, 1},
	} {
		now = now.Add(c.after)
		if c.known {
			s.Found("a")
		}
		if got := s.Look("a", now); got.Times != c.want {
			t.Errorf("%s: %d misses, want %d", c.why, got.Times, c.want)
		}
	}
}
