// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"slices"
	"time"
)

// submit queues a build and starts it if there is room. The caller holds the lock.
func (s *Server) submit(b *build) {
	s.enterLocked(b, phaseSubmitted)
	s.enterLocked(b, phaseQueued)
	s.queue = append(s.queue, b)
	// Guide, "Builds": "A build in a queue that does not start after the number of minutes specified in its time out
	// value is removed from the queue." Its status then is not published; TIMED_OUT is the one that says it.
	b.timer = s.options.Clock.AfterFunc(time.Duration(b.start0.queued)*time.Minute, func() { go s.expire(b, true) })
	s.schedule()
}

// schedule starts queued builds while there is room. Guide: "It is not possible to predict the order in which queued
// builds start"; here it is the order in which they came. The caller holds the lock.
func (s *Server) schedule() {
	for len(s.queue) > 0 && s.active < s.options.ConcurrentBuilds && !s.closed {
		b := s.queue[0]
		s.queue = s.queue[1:]
		s.active++
		b.timer.Stop()
		// API, Build: timeoutInMinutes is how long "to wait before timing out this build if it does not get marked as
		// completed"; time in the queue has its own.
		b.timer = s.options.Clock.AfterFunc(time.Duration(b.start0.timeout)*time.Minute, func() { go s.expire(b, false) })
		s.enterLocked(b, phaseProvisioning)
		s.running.Add(1)
		go s.run(b)
	}
}

// expire ends a build whose time is over, in the queue or running. It never runs on the clock's own goroutine: a clock
// of a test holds its lock then, and reading the time would wait for ever.
func (s *Server) expire(b *build, queued bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.status != statusInProgress || queued != (b.current().kind == phaseQueued) {
		return
	}
	b.current().context = &wireContext{StatusCode: "BUILD_TIMED_OUT", Message: "Build has timed out. "}
	s.end(b, statusTimedOut)
}

// unqueue takes a build that is over out of the queue. The caller holds the lock.
func (s *Server) unqueue(b *build) {
	if i := slices.Index(s.queue, b); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		b.gone = true
	}
}

// left is called when the last process of a build is gone: only then its room is free.
func (s *Server) left(b *build) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.gone = true
	s.active--
	s.schedule()
	s.notify()
}
