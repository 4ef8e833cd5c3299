// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// silences measures how long a worker's heartbeat has not changed while it was looked at. What the heartbeat says is
// compared with nothing but itself, and the time is this process' own: the worker's clock may be off by an hour, and a
// build must not be stopped for that. A restart, and the time in which nobody looked, count for the worker.
type silences struct {
	mu sync.Mutex
	by map[string]silence
}

type silence struct {
	heartbeat time.Time // as the worker wrote it
	looked    time.Time // when it was last looked at
	lasted    time.Duration
}

func newSilences() *silences { return &silences{by: map[string]silence{}} }

// of takes an observation in and returns how long the build's worker has been silent. Between two looks no more counts
// than a look may be old: were this process' clock set forward, one step would silence every worker.
func (s *silences) of(buildARN string, seen watch.Observation) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	for arn, other := range s.by {
		if seen.Time.Sub(other.looked) > sightingKept {
			delete(s.by, arn)
		}
	}
	was, known := s.by[buildARN]
	is := silence{heartbeat: seen.Branch.HeartbeatAt, looked: seen.Time}
	if known && was.heartbeat.Equal(is.heartbeat) {
		is.lasted = was.lasted + min(max(seen.Time.Sub(was.looked), 0), freshLook)
	}
	s.by[buildARN] = is
	return is.lasted
}
