// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

const (
	// releaseTimeout is how long the release of the lock may take.
	releaseTimeout = 20 * time.Second
	// metricsTimeout is how long the build waits to get rid of its metrics.
	metricsTimeout = 10 * time.Second
)

// cleanup releases the lock with the outcome. It is the last effect outside: from then on the branch may be another
// attempt's.
func cleanup(ctx context.Context, j *job) error {
	result := j.finalResult()
	j.state.Result = result
	j.save()
	err := j.settlePush(ctx)
	if err == nil {
		err = j.release(ctx, result)
	}
	if err != nil {
		err = fmt.Errorf("releasing the lock: %w; the controller does it when the build is over", err)
	} else {
		j.state.Over = overReleased
		j.save()
	}
	j.sendMetrics(ctx, result)
	logOf(ctx).Info("Build ended", keyOutcome, result.Outcome, keyTasks, result.Tasks, keyTests, result.Tests,
		keyCoverage, result.Coverage, keyCommit, result.Commit, keyReason, result.Message,
		keyDuration, j.clock.Since(j.state.StartedAt).Seconds())
	return err
}

func (j *job) release(ctx context.Context, result contract.Result) error {
	text, err := encodeResult(result)
	if err != nil {
		return err
	}
	ending := lease.EndingOf(result, text, j.parameters)
	return j.retry(ctx, j.parameters.Settings.RetryDynamoDB.Or(contract.RetryDynamoDB), "release", func(ctx context.Context) error {
		return j.effect(ctx, releaseTimeout, func(ctx context.Context) error {
			j.releaseSent = true
			return j.lease.Release(ctx, ending)
		})
	})
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
