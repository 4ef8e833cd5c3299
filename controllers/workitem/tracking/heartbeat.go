// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracking

import (
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

// HeartbeatTracker measures how long a worker's heartbeat has not changed while it was looked at. What the heartbeat says
// is compared with nothing but itself, and the time is this process' own: the worker's clock may be off by an hour, and a
// build must not be stopped for that. A restart, and the time in which nobody looked, count in the worker's favour.
type HeartbeatTracker struct {
	mu     sync.Mutex
	builds map[string]silence
}

type silence struct {
	heartbeat time.Time // as the worker wrote it
	looked    time.Time // when it was last looked at
	lasted    time.Duration
}

// NewHeartbeatTracker returns a tracker that has seen no heartbeat.
func NewHeartbeatTracker() *HeartbeatTracker {
	return &HeartbeatTracker{builds: map[string]silence{}}
}

// Silence records the heartbeat that was seen at a time, and returns how long the build's worker has been silent. Between
// two looks no more counts than a look may be old: were this process' clock set forward, one step would silence every
// worker.
func (t *HeartbeatTracker) Silence(build string, heartbeat, seen time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	for other, s := range t.builds {
		if seen.Sub(s.looked) > policy.Remembered {
			delete(t.builds, other)
		}
	}
	was, known := t.builds[build]
	is := silence{heartbeat: heartbeat, looked: seen}
	if known && was.heartbeat.Equal(heartbeat) {
		is.lasted = was.lasted + min(max(seen.Sub(was.looked), 0), policy.FreshLook)
	}
	t.builds[build] = is
	return is.lasted
}
