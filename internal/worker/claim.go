// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

// claimStage is the first of all: it records this build in the lock's rows. A build that is refused does nothing,
// because another one holds the lock, or the attempt was abandoned. So does one that cannot find out.
type claimStage struct {
	lease  *lease.Renewer
	retry  retrier
	frozen frozenReader
}

func (c claimStage) run(ctx context.Context, s *State) error {
	err := c.retry.do(ctx, "claim", c.lease.Claim)
	switch {
	case errors.Is(err, lease.ErrRefused):
		return err
	case err != nil:
		return fmt.Errorf("%w: it could not be made: %w", lease.ErrRefused, err)
	}
	s.Claimed = true
	s.save()
	return c.frozen.read(ctx)
}
