// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

// maxAskedWait bounds how long a service may make a build wait: a build's time is short.
const maxAskedWait = 5 * time.Minute

// policies are the environment's, and our own where it has none.
type policies struct{ git, forge, artifacts, lock, task contract.Retry }

func policiesOf(s contract.Settings) policies {
	return policies{
		git: s.RetryGit.Or(contract.RetryGit), forge: s.RetryGitHub.Or(contract.RetryService), artifacts: s.RetryS3.Or(contract.RetryService),
		lock: s.RetryDynamoDB.Or(contract.RetryDynamoDB), task: s.RetryAgentTask.Or(contract.RetryAgentTask),
	}
}

// retrier tries calls again by a policy.
type retrier struct {
	policy contract.Retry
	clock  clock.WithTicker
	random func() float64 // numbers from 0 to 1
	clean  cleaner
}

// with is the same with another policy.
func (r retrier) with(policy contract.Retry) retrier {
	r.policy = policy
	return r
}

// do calls until the call succeeds, an error is final, or the policy's tries are used up. A service that asks to wait is
// waited for. what names the call in the log.
func (r retrier) do(ctx context.Context, what string, call func(context.Context) error) error {
	for n := 1; ; n++ {
		err := call(ctx)
		if err == nil || final(err) || isLost(ctx, err) || ctx.Err() != nil {
			return err
		}
		if n >= r.policy.Tries {
			return fmt.Errorf("%w (tried %d times)", err, n)
		}
		wait := r.wait(n)
		if w, ok := fault.AsWait(err); ok && w.After > wait {
			wait = min(w.After, maxAskedWait)
		}
		if end, ok := ctx.Deadline(); ok && r.clock.Now().Add(wait).After(end) {
			return fmt.Errorf("%w (tried %d times; there is no time for another try)", err, n)
		}
		logging.Warn(logOf(ctx), "Trying again", keyWhat, what, keyTry, n+1, keyWait, wait.Seconds(), keyReason, r.clean(err.Error()))
		if err := r.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// wait is how long to wait after the n-th try, n from 1.
func (r retrier) wait(n int) time.Duration { return r.policy.Backoff(n, r.random()) }

// sleep waits; it returns the cause of a context that ends before.
func (r retrier) sleep(ctx context.Context, d time.Duration) error {
	timer := r.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// final reports whether trying again cannot help: the error is terminal, a refusal, or says already what it makes of
// the attempt.
func final(err error) bool {
	var f *failure
	return fault.IsTerminal(err) || errors.Is(err, lease.ErrRefused) || errors.As(err, &f)
}
