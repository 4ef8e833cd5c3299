// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
)

// Runner calls a Watcher's Tick whenever it is due, and hands what changed on. It is the only place where the
// watch meets real time.
type Runner struct {
	Watcher *Watcher
	Clock   clock.Clock
	// Changed is called with each item of which something new was seen.
	Changed func(ctx context.Context, item types.NamespacedName)
}

// Start runs until ctx is done. It implements manager.Runnable.
func (r *Runner) Start(ctx context.Context) error {
	// A new subject makes its place due at once, so the sleep is never longer than the fast pace.
	for {
		changed, next := r.Watcher.Tick(ctx, r.Clock.Now())
		for _, item := range changed {
			r.Changed(ctx, item)
		}
		sleep := min(max(next.Sub(r.Clock.Now()), 0), r.Watcher.options.Fast)
		timer := r.Clock.NewTimer(sleep)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C():
		}
	}
}

// SideBySide makes calls side by side, so many at once.
func SideBySide(most int) func(calls []func()) {
	return func(calls []func()) {
		var running sync.WaitGroup
		places := make(chan struct{}, most)
		for _, call := range calls {
			places <- struct{}{}
			running.Go(func() {
				defer func() { <-places }()
				call()
			})
		}
		running.Wait()
	}
}

// NeedLeaderElection has only the leader watch: the others would double the calls.
func (r *Runner) NeedLeaderElection() bool { return true }
