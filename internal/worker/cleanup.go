// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

const (
	// releaseTimeout is how long the release of the lock may take.
	releaseTimeout = 20 * time.Second
	// metricsTimeout is how long the build waits until its metrics are sent.
	metricsTimeout = 10 * time.Second
)

// cleanupStage releases the lock with the outcome. It is the last effect outside: from then on the branch may be another
// attempt's.
type cleanupStage struct {
	lease      *lease.Renewer
	retry      retrier
	publish    publisher
	progress   *progress
	metrics    metricsink.Sink // nil sends none
	parameters contract.Parameters
	clock      clock.PassiveClock
	clean      cleaner
}

func (c cleanupStage) run(ctx context.Context, s *State) error {
	result := s.finalResult()
	result.Stages = s.stageTimes(c.clock.Now()) // cleanup itself until here: nothing is written after the release
	s.Result = result
	s.save()
	err := c.publish.settle(ctx, s)
	if err == nil {
		err = c.release(ctx, result)
	}
	if err != nil {
		err = fmt.Errorf("releasing the lock: %w; the controller does it when the build is over", err)
	} else {
		s.Over = overReleased
		s.save()
	}
	c.sendMetrics(ctx, s, result)
	logOf(ctx).Info("Build ended", keyOutcome, result.Outcome, keyTasks, result.Tasks, keyTests, result.Tests,
		keyCoverage, result.Coverage, keyCommit, result.Commit, keyReason, result.Message,
		keyDuration, c.clock.Since(s.StartedAt).Seconds())
	return err
}

func (c cleanupStage) release(ctx context.Context, result contract.Result) error {
	text, err := encodeResult(result)
	if err != nil {
		return err
	}
	ending := lease.EndingOf(result, text, c.parameters)
	return c.retry.do(ctx, "release", func(ctx context.Context) error {
		return c.lease.Do(ctx, releaseTimeout, func(ctx context.Context) error {
			c.progress.released = true
			return c.lease.Release(ctx, ending)
		})
	})
}

// sendMetrics sends what was measured. Losing it harms nothing.
func (c cleanupStage) sendMetrics(ctx context.Context, s *State, result contract.Result) {
	if c.metrics == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, metricsTimeout)
	defer cancel()
	if err := c.metrics.Put(ctx, measures(s, result, c.parameters.Environment, c.clock.Now())); err != nil {
		logging.Warn(logOf(ctx), "The metrics could not be sent", keyReason, c.clean(err.Error()))
	}
}

// encodeResult never fails for the length of a message: an outcome without its text is better than no outcome.
func encodeResult(r contract.Result) (string, error) {
	text, err := r.Encode()
	if err != nil {
		r.Message, r.PullRequestURL, r.SteeringVersion = prbody.Cut(r.Message, 200), "", ""
		text, err = r.Encode()
	}
	return text, err
}
