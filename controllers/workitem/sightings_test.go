// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"
	"time"
)

func TestSightings(t *testing.T) {
	s, now := newSightings(), time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	if got := s.since("a", now); !got.Equal(now) {
		t.Errorf("a build that is seen to be over for the first time is so since %s, want now", got)
	}
	if got := s.since("a", now.Add(time.Minute)); !got.Equal(now) {
		t.Errorf("seen again it is over since %s, want since the first time", got)
	}
	s.since("b", now.Add(sightingKept+time.Minute))
	if n := len(s.first); n != 1 {
		t.Errorf("%d builds are remembered, want only the one of today: the list would grow for ever", n)
	}
}

func TestMisses(t *testing.T) {
	s, now := newSightings(), time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		why   string
		after time.Duration
		known bool
		want  int
	}{
		{"the first look", 0, false, 1},
		{"looks at short distance are one", missSpacing / 2, false, 1},
		{"the second", missSpacing / 2, false, 2},
		{"a build that was found again was never gone", missSpacing, true, 1},
		{"a list that only grows would grow for ever", sightingKept + time.Minute, false, 1},
	} {
		now = now.Add(c.after)
		if c.known {
			s.known("a")
		}
		if got := s.missed("a", now); got.times != c.want {
			t.Errorf("%s: %d misses, want %d", c.why, got.times, c.want)
		}
	}
}
