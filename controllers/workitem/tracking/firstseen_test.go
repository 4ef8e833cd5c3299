// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracking

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestFirstSeenTracker(t *testing.T) {
	s, now := NewFirstSeenTracker(), time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	if got := s.Since("a", now); !got.Equal(now) {
		t.Errorf("a build that is seen to be over for the first time is so since %s, want now", got)
	}
	if got := s.Since("a", now.Add(time.Minute)); !got.Equal(now) {
		t.Errorf("seen again it is over since %s, want since the first time", got)
	}
	s.Since("b", now.Add(policy.Remembered+time.Minute))
	if n := len(s.first); n != 1 {
		t.Errorf("%d builds are remembered, want only the one of today: the list would grow for ever", n)
	}
}
