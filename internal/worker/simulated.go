// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// Lease is the lease of a pipeline without the pipeline. The simulation of the protocols drives the very code that
// decides whether a build may touch the world, on its own clock.
type Lease struct{ keeper keeper }

// NewLease returns the lease of a build that has not claimed its lock.
func NewLease(holder lock.Holder, l lock.Lock, buildARN string, ttl time.Duration, c clock.PassiveClock) *Lease {
	return &Lease{keeper: keeper{holder: holder, lock: l, buildARN: buildARN, ttl: ttl, clock: c}}
}

// Claimed records a claim that was granted, sent at the given time.
func (l *Lease) Claimed(sent time.Time) { l.keeper.claimed(sent) }

// Tell sets the progress that the next heartbeat carries.
func (l *Lease) Tell(p lock.Progress) { l.keeper.tell(p) }

// Beat sends one heartbeat.
func (l *Lease) Beat(ctx context.Context) error { return l.keeper.beat(ctx) }

// Ensure makes sure that an effect that may take so long can begin now, with a heartbeat if need be.
func (l *Lease) Ensure(ctx context.Context, effect time.Duration) error {
	return l.keeper.ensure(ctx, effect)
}

// IsLost reports whether an error says that the lock is another's.
func IsLost(err error) bool { return isLost(context.Background(), err) }

// EndingOf is how a build ends its lock with a result.
func EndingOf(r contract.Result, text string, p contract.Parameters) lock.Ending {
	return endingOf(r, text, p)
}
