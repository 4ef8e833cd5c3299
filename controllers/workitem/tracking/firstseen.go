// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracking

import (
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

// FirstSeenTracker remembers when this process first saw a build to be over. The settling time is counted from then and
// by this process' own clock alone: clocks differ by minutes between managers, and from AWS's, and the end that CodeBuild
// reports, or that the manager before this one wrote down, may look long past when a dying worker's last request is still
// on its way. After a restart the time is counted again, which costs some seconds.
type FirstSeenTracker struct {
	mu    sync.Mutex
	first map[string]time.Time
}

// NewFirstSeenTracker returns a tracker that has seen nothing.
func NewFirstSeenTracker() *FirstSeenTracker { return &FirstSeenTracker{first: map[string]time.Time{}} }

// Since is when the build was first seen to be over: now, if it was not before.
func (t *FirstSeenTracker) Since(build string, now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	for other, at := range t.first {
		if now.Sub(at) > policy.Remembered {
			delete(t.first, other)
		}
	}
	at, ok := t.first[build]
	if !ok {
		at = now
		t.first[build] = at
	}
	return at
}
