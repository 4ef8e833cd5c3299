// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"sync"
	"time"
)

const (
	// sightingKept is how long it is remembered when a build was first seen to be over: longer than anybody waits for it.
	sightingKept = 24 * time.Hour
	// missSpacing is the least time between two looks that both count as having missed a build: three looks within a
	// second are one.
	missSpacing = time.Minute
)

// sightings remembers when this process first saw a build to be over. The settling time is counted from then and by
// this process' own clock alone: clocks differ by minutes between managers, and from AWS's, and the end that CodeBuild
// tells, or that the manager before this one wrote down, may look long past when a dying worker's last request is
// still on its way. After a restart the time is counted again, which costs some seconds.
type sightings struct {
	mu     sync.Mutex
	first  map[string]time.Time
	absent map[string]misses
}

// misses are the looks in a row at which CodeBuild did not know a build.
type misses struct {
	times       int
	first, last time.Time
}

func newSightings() *sightings {
	return &sightings{first: map[string]time.Time{}, absent: map[string]misses{}}
}

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

// missed counts a look at which CodeBuild did not know the build.
func (s *sightings) missed(buildARN string, now time.Time) misses {
	s.mu.Lock()
	defer s.mu.Unlock()
	for arn, m := range s.absent {
		if now.Sub(m.last) > sightingKept {
			delete(s.absent, arn)
		}
	}
	m := s.absent[buildARN]
	switch {
	case m.times == 0:
		m = misses{times: 1, first: now, last: now}
	case now.Sub(m.last) >= missSpacing:
		m.times, m.last = m.times+1, now
	}
	s.absent[buildARN] = m
	return m
}

// known forgets that a build was missed: CodeBuild knows it.
func (s *sightings) known(buildARN string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.absent, buildARN)
}
