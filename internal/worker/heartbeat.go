// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

const (
	// heartbeatInterval is how often the rows hear of a build.
	heartbeatInterval = 30 * time.Second
	// heartbeatTimeout is how long one heartbeat may take.
	heartbeatTimeout = 20 * time.Second
)

// keeper keeps the lease: it sends heartbeats with the newest progress and remembers when the last one was good.
// It is safe for concurrent use.
type keeper struct {
	holder   lock.Holder
	lock     lock.Lock
	buildARN string
	ttl      time.Duration
	clock    clock.PassiveClock

	// sending is held while a heartbeat is on its way, so that an older progress never overtakes a newer one.
	sending sync.Mutex

	mu       sync.Mutex
	lease    lease
	progress lock.Progress
	lost     error
}

// tell sets the progress that the next heartbeat carries.
func (k *keeper) tell(p lock.Progress) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.progress = p
}

// tellTasks sets only the count of tasks.
func (k *keeper) tellTasks(t contract.Tasks) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.progress.Tasks = t
}

// beat sends one heartbeat. Only a refusal loses the lease: an error of the network leaves it as it was.
func (k *keeper) beat(ctx context.Context) error {
	k.sending.Lock()
	defer k.sending.Unlock()
	ctx, cancel := context.WithTimeout(ctx, heartbeatTimeout)
	defer cancel()
	k.mu.Lock()
	progress, lost := k.progress, k.lost
	k.mu.Unlock()
	if lost != nil {
		return lost
	}
	sent := k.clock.Now()
	err := k.holder.Heartbeat(ctx, k.lock, k.buildARN, sent, sent.Add(k.ttl), progress)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err == nil:
		k.lease = renewed(sent, k.ttl)
		return nil
	case errors.Is(err, lock.ErrNotHolder):
		k.lost = fmt.Errorf("%w: %w", errLost, err)
		return k.lost
	default:
		return fmt.Errorf("sending a heartbeat: %w", err)
	}
}

// ensure makes sure that an effect that may take so long can begin now, with a heartbeat if need be.
func (k *keeper) ensure(ctx context.Context, effect time.Duration) error {
	if k.allows(effect) == nil {
		return nil
	}
	if err := k.beat(ctx); err != nil {
		return err
	}
	return k.allows(effect)
}

func (k *keeper) allows(effect time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lost != nil {
		return k.lost
	}
	return k.lease.allows(k.clock.Now(), effect)
}

// claimed records a won claim as the first check.
func (k *keeper) claimed(sent time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lease = renewed(sent, k.ttl)
}

// held reports whether the lock was ever this process's: a heartbeat before the claim would be refused, and that
// would be taken for a lost lease.
func (k *keeper) held() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.lease.checked.IsZero()
}

// keep sends a heartbeat at each tick until the context ends. lost is called once if the lease is.
func (k *keeper) keep(ctx context.Context, ticks <-chan time.Time, lost func(error), failed func(error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		if !k.held() {
			continue
		}
		err := k.beat(ctx)
		switch {
		case errors.Is(err, errLost):
			lost(err)
			return
		case err != nil && ctx.Err() == nil:
			failed(err)
		}
	}
}
