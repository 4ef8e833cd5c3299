// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// worker is what a build does with its lock, in short.
type worker struct {
	lock.Lock
	parameters contract.Parameters
	table      lock.Table
	arn        string
	clock      *clocktesting.FakeClock
}

func newWorker(ctx context.Context, w *world, b emulatorcodebuild.Running) (*worker, error) {
	p, err := contract.ParametersFrom(func(name string) (string, bool) { v, ok := b.Env[name]; return v, ok })
	if err != nil {
		return nil, err
	}
	k := &worker{
		Lock:       lock.Lock{LockID: p.LockID, Fence: p.Fence, SlotKey: p.SlotKey, BranchKey: p.BranchKey, CardKey: p.CardKey},
		parameters: p, table: w.table, arn: b.ARN, clock: w.clock,
	}
	if err := w.table.Claim(ctx, k.Lock, b.ARN, w.clock.Now().Add(p.LeaseDuration)); err != nil {
		return k, err
	}
	text, err := w.table.Parameters(ctx, k.Lock)
	if err == nil {
		k.parameters.Frozen, err = contract.FrozenFrom(text, p.ParametersSHA256)
	}
	return k, err
}

func (k *worker) release(ctx context.Context, status contract.RowStatus, r contract.Result) error {
	text, err := r.Encode()
	if err != nil {
		return err
	}
	ending := lock.Ending{Status: status, Outcome: r.Outcome, Result: text}
	if status == contract.StatusComplete || (r.Outcome.Class() == contract.ClassWork && k.parameters.LastAttempt) {
		ending.Trigger = &k.parameters.Trigger
	}
	return k.table.Release(ctx, k.Lock, k.arn, k.clock.Now(), ending)
}

// ending is a build that claims its lock and releases it with a result.
func ending(status contract.RowStatus, r contract.Result) func(context.Context, *world, emulatorcodebuild.Running) error {
	return func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		k, err := newWorker(ctx, w, b)
		if err != nil {
			return err
		}
		if err := k.release(ctx, status, r); err != nil {
			return err
		}
		if status != contract.StatusComplete {
			return errors.New(string(r.Outcome))
		}
		return nil
	}
}

var succeed = ending(contract.StatusComplete, succeeded)

var succeeded = contract.Result{
	Outcome: contract.OutcomeSucceeded, TestsGate: contract.GatePassed, CoverageGate: contract.GatePassed,
	Commit: "abc", Tests: &contract.Tests{Total: 3, Passed: 3}, Tasks: contract.Tasks{Done: 1, Total: 1}, PullRequestUpdated: true,
}

// hang is a build that claims its lock and then works until it is ended.
func hang(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
	if _, err := newWorker(ctx, w, b); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// hangUntil is a build that claims its lock and then works until over is closed, or it is ended.
func hangUntil(over <-chan struct{}) func(context.Context, *world, emulatorcodebuild.Running) error {
	return func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		if _, err := newWorker(ctx, w, b); err != nil {
			return err
		}
		select {
		case <-over:
			return errors.New("it crashed")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// renewing is a build that claims its lock and renews its lease until that is refused, and then does nothing more. The
// refusal is sent to lost.
func renewing(lost chan<- error) func(context.Context, *world, emulatorcodebuild.Running) error {
	return func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		k, err := newWorker(ctx, w, b)
		for err == nil {
			time.Sleep(time.Millisecond) // the emulator's builds run in real time
			now := w.clock.Now()
			err = w.table.Heartbeat(ctx, k.Lock, k.arn, now, now.Add(k.parameters.LeaseDuration), lock.Progress{Stage: contract.StageAgent})
		}
		lost <- err
		return err
	}
}

// sendingHeartbeats is a build that claims its lock, sends a heartbeat at each time that it is given, and works until it is
// ended.
func sendingHeartbeats(times <-chan time.Time) func(context.Context, *world, emulatorcodebuild.Running) error {
	return func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		k, err := newWorker(ctx, w, b)
		if err != nil {
			return err
		}
		for {
			select {
			case at := <-times:
				p := lock.Progress{Stage: contract.StageAgent}
				if err := w.table.Heartbeat(ctx, k.Lock, b.ARN, at, at.Add(time.Hour), p); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}
