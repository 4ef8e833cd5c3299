// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// jumpy is the real clock, but a long wait is over at once: the time jumps instead.
type jumpy struct {
	clock.RealClock
	mu    sync.Mutex
	ahead time.Duration
	waits []time.Duration
}

// longWait is what a test does not wait for.
const longWait = 10 * time.Second

func (c *jumpy) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.RealClock.Now().Add(c.ahead)
}

func (c *jumpy) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

func (c *jumpy) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

func (c *jumpy) NewTimer(d time.Duration) clock.Timer {
	if d < longWait {
		return c.RealClock.NewTimer(d)
	}
	c.jump(d)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	return c.RealClock.NewTimer(0)
}
