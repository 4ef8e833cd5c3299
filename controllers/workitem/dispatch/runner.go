// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

const (
	// startAgain is how soon the queues are rebuilt again where that failed.
	startAgain = time.Second
	// idle is how long a Runner sleeps that has nothing to do, at most: it is woken.
	idle = time.Minute
	// spread is up to how much later than due a look may be made, so that clusters that began together do not stay together.
	spread = 200 * time.Millisecond
)

// Runner starts a Dispatcher and calls its Tick whenever it is due. It is the only place where dispatching meets real
// time.
type Runner struct {
	Dispatcher *Dispatcher
	Clock      clock.Clock
	Random     func() float64 // 0 <= x < 1
}

// Start runs until ctx is done. It implements manager.Runnable.
func (r *Runner) Start(ctx context.Context) error {
	for {
		err := r.Dispatcher.Start(ctx)
		if err == nil {
			break
		}
		log.FromContext(ctx).Error(err, "Could not rebuild the queues; it is tried again")
		if !r.sleep(ctx, startAgain) {
			return nil
		}
	}
	for {
		next := r.Dispatcher.Tick(ctx)
		wait := idle
		if !next.IsZero() {
			wait = min(max(next.Sub(r.Clock.Now()), 0)+time.Duration(r.Random()*float64(spread)), idle)
		}
		if !r.sleep(ctx, wait) {
			return nil
		}
	}
}

// sleep reports whether to go on.
func (r *Runner) sleep(ctx context.Context, d time.Duration) bool {
	timer := r.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-r.Dispatcher.Wake():
	case <-timer.C():
	}
	return true
}

// NeedLeaderElection has only the leader grant.
func (r *Runner) NeedLeaderElection() bool { return true }
