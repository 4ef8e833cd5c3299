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
