// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"sync"
	"time"
)

// sightingKept is how long it is remembered when a build was first seen to be over: longer than anybody waits for it.
const sightingKept = 24 * time.Hour

// sightings remembers when this process first saw a build to be over. The settling time is counted from then and by
// this process' own clock alone: clocks differ by minutes between managers, and from AWS's, and the end that CodeBuild
// tells, or that the manager before this one wrote down, may look long past when a dying worker's last request is
// still on its way. After a restart the time is counted again, which costs some seconds.
type sightings struct {
	mu    sync.Mutex
	first map[string]time.Time
}

func newSightings() *sightings { return &sightings{first: map[string]time.Time{}} }

// since is when the build was first seen to be over: now, if it was not before.
func (s *sightings) since(buildARN string, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for arn, at := range s.first {
		if now.Sub(at) > sightingKept {
			delete(s.first, arn)
		}
	}
	at, ok := s.first[buildARN]
	if !ok {
		at = now
		s.first[buildARN] = at
	}
	return at
}
