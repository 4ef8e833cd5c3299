// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import "time"

const (
	// maxAgentTime is the longest that all tasks together may take.
	maxAgentTime = 60 * time.Minute
	// reserve is what is kept of the build's time for tests, coverage, pull request and upload.
	reserve = 10 * time.Minute
	// lastReserve is what is kept for pull request and upload when the tests run.
	lastReserve = 2 * time.Minute
)

// agentTime is how long the agent may still work, for a build that was begun and may last so long. The reserve is at
// most half of a short build: a build of ten minutes would otherwise have no time to work at all.
func agentTime(now, began time.Time, timeout time.Duration) time.Duration {
	left := began.Add(timeout).Sub(now) - min(reserve, timeout/2)
	return max(min(left, maxAgentTime), 0)
}

// testTime is how long the tests may run.
func testTime(now, began time.Time, timeout, limit time.Duration) time.Duration {
	left := began.Add(timeout).Sub(now) - min(lastReserve, timeout/4)
	return max(min(left, limit), time.Second)
}
