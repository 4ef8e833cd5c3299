// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"github.com/kiro-worker/kiro-worker/internal/contract"

	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// claim is the first act of all: it records this build in the lock's rows. A build that is refused does nothing,
// because another one holds the lock, or the attempt was given up. So does one that cannot tell.
func claim(ctx context.Context, j *job) error {
	err := j.retry(ctx, j.parameters.Settings.RetryDynamoDB.Or(contract.RetryDynamoDB), "claim", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, heartbeatTimeout)
		defer cancel()
		sent := j.clock.Now()
		err := j.keeper.holder.Claim(ctx, j.keeper.lock, j.build.ARN, sent.Add(j.keeper.ttl))
		var refusal *lock.Refusal
		if errors.As(err, &refusal) {
			return fmt.Errorf("%w: %w", errRefused, err)
		}
		if err == nil {
			j.keeper.claimed(sent)
		}
		return err
	})
	switch {
	case errors.Is(err, errRefused):
		return err
	case err != nil:
		return fmt.Errorf("%w: it could not be made: %w", errRefused, err)
	}
	j.state.Claimed = true
	j.save()
	j.beatNow(ctx)
	return nil
}
