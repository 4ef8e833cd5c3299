// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

// maxAskedWait bounds how long a service may make a build wait: a build's time is short.
const maxAskedWait = 5 * time.Minute

// retry calls until it goes well, an error is terminal, or the policy's tries are used up. A service that asks to
// wait is waited for.
func (j *job) retry(ctx context.Context, policy contract.Retry, what string, call func(context.Context) error) error {
	for n := 1; ; n++ {
		err := call(ctx)
		if err == nil || final(err) || isLost(ctx, err) || ctx.Err() != nil {
			return err
		}
		if n >= policy.Tries {
			return fmt.Errorf("%w (tried %d times)", err, n)
		}
		wait := policy.Backoff(n, j.random())
		if w, ok := fault.AsWait(err); ok && w.After > wait {
			wait = min(w.After, maxAskedWait)
		}
		if end, ok := ctx.Deadline(); ok && j.clock.Now().Add(wait).After(end) {
			return fmt.Errorf("%w (tried %d times; there is no time for another try)", err, n)
		}
		logOf(ctx).Info("Trying again", keyWhat, what, keyTry, n+1, keyWait, wait.Seconds(), keyReason, j.clean(err.Error()))
		if err := j.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// final reports whether trying again cannot help: the error is terminal, a refusal, or says already what it makes of
// the attempt.
func final(err error) bool {
	var f *failure
	return fault.IsTerminal(err) || errors.Is(err, lease.ErrRefused) || errors.As(err, &f)
}

func (j *job) sleep(ctx context.Context, d time.Duration) error {
	timer := j.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// effect runs a call that touches the world outside: never without the lease, and never longer than the lease was
// asked for.
func (j *job) effect(ctx context.Context, limit time.Duration, call func(context.Context) error) error {
	return j.lease.Do(ctx, limit, call)
}
