// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

// claim is the first act of all: it records this build in the lock's rows. A build that is refused does nothing,
// because another one holds the lock, or the attempt was given up. So does one that cannot tell.
func claim(ctx context.Context, j *job) error {
	err := j.retry(ctx, j.parameters.Settings.RetryDynamoDB.Or(contract.RetryDynamoDB), "claim", func(ctx context.Context) error {
		return j.lease.Claim(ctx)
	})
	switch {
	case errors.Is(err, lease.ErrRefused):
		return err
	case err != nil:
		return fmt.Errorf("%w: it could not be made: %w", lease.ErrRefused, err)
	}
	j.state.Claimed = true
	j.save()
	j.renewNow(ctx)
	return nil
}
