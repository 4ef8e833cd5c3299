// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracking

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

func TestHeartbeatTracker(t *testing.T) {
	type look struct {
		after time.Duration // since the look before
		beat  time.Duration // what the heartbeat says, on the worker's own clock
	}
	every := func(n int, d time.Duration) (looks []look) {
		for range n {
			looks = append(looks, look{d, 0})
		}
		return looks
	}
	for name, c := range map[string]struct {
		why   string
		looks []look
		want  time.Duration
	}{
		"first look":     {"after a restart the time begins again", []look{{0, 0}}, 0},
		"unchanged":      {"each look adds the time since the last", every(5, time.Minute), 4 * time.Minute},
		"a sign of life": {"it ends the silence", append(every(5, time.Minute), look{time.Minute, time.Hour}), 0},
		"clock set forward": {"one step of the clock silences nobody", append(every(2, time.Minute), look{time.Hour, 0}),
			time.Minute + policy.FreshLook},
		"clock set back": {"the time before counts, the step does not", append(every(3, time.Minute), look{-time.Hour, 0}), 2 * time.Minute},
		"one look twice": {"a reconcile without a new look adds nothing", append(every(3, time.Minute), look{0, 0}), 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s, at, got := NewHeartbeatTracker(), noon, time.Duration(0)
			for _, l := range c.looks {
				at = at.Add(l.after)
				got = s.Silence("arn", noon.Add(l.beat), at)
			}
			if got != c.want {
				t.Errorf("%s: silent for %s, want %s", c.why, got, c.want)
			}
		})
	}
	s := NewHeartbeatTracker()
	s.Silence("old", noon, noon)
	s.Silence("new", noon, noon.Add(policy.Remembered+time.Minute))
	if len(s.builds) != 1 {
		t.Errorf("%d workers are remembered, want only the one of today: the list would grow for ever", len(s.builds))
	}
}
