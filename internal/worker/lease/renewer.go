// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package lease

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

// Interval is how often the lease is to be renewed.
const Interval = 30 * time.Second

// requestTimeout is how long one claim or heartbeat may take.
const requestTimeout = 20 * time.Second

var (
	// ErrLost says that the lock's rows are another's: nothing may be touched any more.
	ErrLost = errors.New("the lease is lost")
	// ErrRefused says that the claim was not granted: another build holds the lock, or the attempt was abandoned.
	ErrRefused = errors.New("the claim was refused")
)

// IsLost reports whether an error says that the lock is another's.
func IsLost(err error) bool { return errors.Is(err, ErrLost) }

// Renewer holds a build's lock: it claims it, renews its lease with heartbeats that carry the newest progress, and
// remembers when the last one succeeded. It is safe for concurrent use.
type Renewer struct {
	holder        lock.Holder
	lock          lock.Lock
	buildARN      string
	leaseDuration time.Duration
	clock         clock.PassiveClock

	// sending is held while a heartbeat is on its way, so that an older progress never overtakes a newer one.
	sending sync.Mutex

	mu       sync.Mutex
	lease    lease
	progress lock.Progress
	lost     error
}

// New returns the renewer of a build that has not claimed its lock. Each claim and each heartbeat extends the lease to
// leaseDuration after it was sent.
func New(holder lock.Holder, l lock.Lock, buildARN string, leaseDuration time.Duration, c clock.PassiveClock) *Renewer {
	return &Renewer{holder: holder, lock: l, buildARN: buildARN, leaseDuration: leaseDuration, clock: c}
}

// Claim sends one claim. ErrRefused is final; after any other error it is not known whether the claim was granted, and
// the same build may send it again.
func (r *Renewer) Claim(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	sent := r.clock.Now()
	err := r.holder.Claim(ctx, r.lock, r.buildARN, sent.Add(r.leaseDuration))
	var refusal *lock.Refusal
	switch {
	case errors.As(err, &refusal):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case err == nil:
		r.claimed(sent)
	}
	return err
}

// claimed records a granted claim as the first check of the lease.
func (r *Renewer) claimed(sent time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lease = renewed(sent, r.leaseDuration)
}

// Parameters reads what the lock was acquired with.
func (r *Renewer) Parameters(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return r.holder.Parameters(ctx, r.lock)
}

// Held reports whether this process ever held the lock: a heartbeat before the claim would be refused, and that would
// look like a lost lease.
func (r *Renewer) Held() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.lease.checked.IsZero()
}

// Report sets the progress that the next heartbeat carries.
func (r *Renewer) Report(p lock.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress = p
}

// ReportTasks sets only the count of tasks in that progress.
func (r *Renewer) ReportTasks(t contract.Tasks) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress.Tasks = t
}

// Renew sends one heartbeat. Only a refusal loses the lease (ErrLost): an error of the network leaves it as it was.
func (r *Renewer) Renew(ctx context.Context) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r.mu.Lock()
	progress, lost := r.progress, r.lost
	r.mu.Unlock()
	if lost != nil {
		return lost
	}
	sent := r.clock.Now()
	err := r.holder.Heartbeat(ctx, r.lock, r.buildARN, sent, sent.Add(r.leaseDuration), progress)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.lease = renewed(sent, r.leaseDuration)
		return nil
	case errors.Is(err, lock.ErrNotHolder):
		r.lost = fmt.Errorf("%w: %w", ErrLost, err)
		return r.lost
	default:
		return fmt.Errorf("sending a heartbeat: %w", err)
	}
}

// RenewAtTicks sends a heartbeat at each tick until the context ends or the lease is lost; before the claim it sends
// none. onLost is called once if the lease is lost, onFailure for each other error.
func (r *Renewer) RenewAtTicks(ctx context.Context, ticks <-chan time.Time, onLost, onFailure func(error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		if !r.Held() {
			continue
		}
		err := r.Renew(ctx)
		switch {
		case IsLost(err):
			onLost(err)
			return
		case err != nil && ctx.Err() == nil:
			onFailure(err)
		}
	}
}

// Ensure returns nil if an effect that may take so long can begin now. It sends a heartbeat if the last one is too old
// or the rest of the lease too short.
func (r *Renewer) Ensure(ctx context.Context, effect time.Duration) error {
	if r.allows(effect) == nil {
		return nil
	}
	if err := r.Renew(ctx); err != nil {
		return err
	}
	return r.allows(effect)
}

func (r *Renewer) allows(effect time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost != nil {
		return r.lost
	}
	return r.lease.allows(r.clock.Now(), effect)
}

// Do runs a call that touches the world outside: never without the lease, and never longer than the lease was asked
// for.
func (r *Renewer) Do(ctx context.Context, limit time.Duration, call func(context.Context) error) error {
	if err := r.Ensure(ctx, limit); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return call(ctx)
}

// Release sends one release. ErrLost says that the lock is another's already.
func (r *Renewer) Release(ctx context.Context, ending lock.Ending) error {
	err := r.holder.Release(ctx, r.lock, r.buildARN, r.clock.Now(), ending)
	if errors.Is(err, lock.ErrNotHolder) {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return err
}
