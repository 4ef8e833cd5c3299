// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracking

import (
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

// NotFoundTracker remembers in how many looks builds were not found that no work item of this cluster has in its status.
type NotFoundTracker struct {
	mu     sync.Mutex
	builds map[string]policy.NotFound
}

// NewNotFoundTracker returns a tracker that has missed nothing.
func NewNotFoundTracker() *NotFoundTracker {
	return &NotFoundTracker{builds: map[string]policy.NotFound{}}
}

// Look counts a look at which the build was not found.
func (t *NotFoundTracker) Look(build string, now time.Time) policy.NotFound {
	t.mu.Lock()
	defer t.mu.Unlock()
	for other, n := range t.builds {
		if now.Sub(n.Last) > policy.Remembered {
			delete(t.builds, other)
		}
	}
	n := t.builds[build].Look(now)
	t.builds[build] = n
	return n
}

// Found forgets the looks before: the build is found.
func (t *NotFoundTracker) Found(build string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.builds, build)
}
