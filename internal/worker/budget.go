// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

const (
	// localAgentTime is how long all tasks together may take where there is no build that could end.
	localAgentTime = 60 * time.Minute
	// reserve is what is kept of the build's time for tests, coverage, pull request and upload.
	reserve = 10 * time.Minute
	// leastRound is the time below which no repair round is begun; in a build shorter than 20m a twentieth of it.
	leastRound = time.Minute
	// lastReserve is what is kept for reading the results, pull request, upload and cleanup when the tests run.
	lastReserve = 3 * time.Minute

	// maxSetupTime bounds the installation of dependencies.
	maxSetupTime = 15 * time.Minute

	// What is kept for the last three stages, each out of the other's reach. Without it CodeBuild would end a build that
	// waits for GitHub or for the bucket before its lock is released, and the outage would look like the work's time-out.
	pullRequestReserve = 60 * time.Second
	uploadReserve      = 45 * time.Second
	cleanupReserve     = 45 * time.Second
)

// budget divides the build's time among its stages.
type budget struct {
	clock     clock.PassiveClock
	startedAt time.Time
	timeout   time.Duration
	// total is how long all tasks together may take; zero is what the build leaves.
	total time.Duration
	// local: there is no build that could end.
	local bool
}

// errOutOfTime is the cause of a stage's context that ended so that the rest of the build's time suffices for what
// follows.
var errOutOfTime = errors.New("the stage was stopped while there is still time to release the lock; " +
	"if what it waited for works again, nothing is to be done, else raise spec.timeout of the work item")

// limit is a stage's context.
func (b budget) limit(ctx context.Context, name contract.Stage) (context.Context, context.CancelFunc) {
	end, limited := stageEnd(name, b.startedAt, b.timeout)
	if !limited || b.local || b.timeout <= 0 { // before the claim it is not known
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, end.Sub(b.clock.Now()), errOutOfTime)
}

// agentEnd is when the time of an agent is over that has worked as long as spent, and what would make it longer.
func (b budget) agentEnd(spent time.Duration) (end time.Time, advice string) {
	const (
		ofBuild = "raise spec.timeout of the work item, or spec.codeBuild.timeout of the WorkEnvironment"
		ofTotal = "raise spec.agent.totalTimeout of the WorkEnvironment"
	)
	now := b.clock.Now()
	left := localAgentTime
	if !b.local {
		left = agentTime(now, b.startedAt, b.timeout)
	}
	if b.total > 0 && b.total-spent < left {
		return now.Add(max(b.total-spent, 0)), ofTotal
	}
	return now.Add(left), ofBuild
}

// roundEnd is the same for a repair round, after which there has to be time to measure once more.
func (b budget) roundEnd(spent, measuring time.Duration) (end time.Time, advice string) {
	end, advice = b.agentEnd(spent)
	if b.local {
		return end, advice
	}
	// The next run of the tests may take a little longer than the last.
	last := b.startedAt.Add(b.timeout - inShort(lastReserve, b.timeout) - measuring*5/4)
	if last.Before(end) {
		end = last
	}
	return end, advice
}

// worth reports whether there is time for a repair round in which anything could be repaired.
func (b budget) worth(spent, measuring time.Duration) bool {
	end, _ := b.roundEnd(spent, measuring)
	least := leastRound
	if !b.local {
		least = min(least, b.timeout/20)
	}
	return end.Sub(b.clock.Now()) >= least
}

// tests is how long the tests may run, where the environment gives them limit.
func (b budget) tests(limit time.Duration) time.Duration {
	if b.local {
		return limit
	}
	return testTime(b.clock.Now(), b.startedAt, b.timeout, limit)
}

// setup is how long a setup command may run.
func (b budget) setup() time.Duration {
	if b.local {
		return maxSetupTime
	}
	return setupTime(b.clock.Now(), b.startedAt, b.timeout)
}

// stageEnd is when a stage is stopped so that what follows it still has its time, for a build that began then and may
// last as long as timeout. Cleanup has no such end: nothing follows it.
func stageEnd(name contract.Stage, began time.Time, timeout time.Duration) (end time.Time, limited bool) {
	kept := cleanupReserve
	switch name {
	case contract.StageCleanup:
		return time.Time{}, false
	case contract.StageUpload:
	case contract.StagePullRequest:
		kept += uploadReserve
	default:
		kept += uploadReserve + pullRequestReserve
	}
	return began.Add(timeout - inShort(kept, timeout)), true
}

// inShort is a part of lastReserve, less in a build so short that lastReserve would be more than a quarter of it.
func inShort(kept, timeout time.Duration) time.Duration {
	if quarter := timeout / 4; quarter < lastReserve {
		return time.Duration(float64(kept) * (float64(quarter) / float64(lastReserve)))
	}
	return kept
}

// agentTime is how long the agent may still work, for a build that began then and may last as long as timeout. The
// reserve is at most half of a short build: a build of ten minutes would otherwise have no time to work at all.
func agentTime(now, began time.Time, timeout time.Duration) time.Duration {
	left := began.Add(timeout).Sub(now) - min(reserve, timeout/2)
	return max(left, 0)
}

// testTime is how long the tests may run.
func testTime(now, began time.Time, timeout, limit time.Duration) time.Duration {
	left := began.Add(timeout).Sub(now) - inShort(lastReserve, timeout)
	return max(min(left, limit), time.Second)
}

// setupTime is how long a setup command may run: the tests, or the agent, are still to come, but without it they have
// nothing to work with.
func setupTime(now, began time.Time, timeout time.Duration) time.Duration {
	return testTime(now, began, timeout, maxSetupTime)
}
