// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// heartbeat is the worker's own interval; taskTime is how long a task takes a build that runs on.
const (
	heartbeat = 30 * time.Second
	taskTime  = 2 * time.Minute
	taskCount = 12
)

// builds are functions that do with their locks what the worker does, and nothing else.
type builds struct {
	table lock.Table

	mu        sync.Mutex
	duration  time.Duration // zero: until that changes
	changed   chan struct{}
	running   int
	succeeded int
}

func newBuilds(table lock.Table) *builds { return &builds{table: table, changed: make(chan struct{})} }

// last sets how long builds run, those that run already included.
func (b *builds) last(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.duration = d
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *builds) count(running, succeeded int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running += running
	b.succeeded += succeeded
}

func (b *builds) counts() (running, succeeded int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.running, b.succeeded
}

// run is a build.
func (b *builds) run(ctx context.Context, r codebuild.Running) error {
	p, err := contract.ParametersFrom(func(name string) (string, bool) { v, ok := r.Env[name]; return v, ok })
	if err != nil {
		return fmt.Errorf("reading the parameters: %w", err)
	}
	l := lock.Lock{LockID: p.LockID, Fence: p.Fence, SlotKey: p.SlotKey, BranchKey: p.BranchKey, CardKey: p.CardKey}
	if err := b.table.Claim(ctx, l, r.ARN, time.Now().Add(p.LeaseDuration)); err != nil {
		return fmt.Errorf("claiming: %w", err)
	}
	b.count(1, 0)
	defer b.count(-1, 0)
	if err := b.work(ctx, l, r.ARN, p.LeaseDuration); err != nil {
		return err
	}
	result, err := contract.Result{
		Outcome: contract.OutcomeSucceeded, TestsGate: contract.GatePassed, CoverageGate: contract.GatePassed,
		Commit: strings.Repeat("c", 40), Tests: &contract.Tests{Total: 1, Passed: 1},
		Tasks: contract.Tasks{Done: taskCount, Total: taskCount}, PullRequestUpdated: true,
	}.Encode()
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	ending := lock.Ending{Status: contract.StatusComplete, Outcome: contract.OutcomeSucceeded, Result: result, Trigger: &p.Trigger}
	if err := b.table.Release(ctx, l, r.ARN, time.Now(), ending); err != nil {
		return fmt.Errorf("releasing: %w", err)
	}
	b.count(0, 1)
	return nil
}

// work sends heartbeats until the build's time is over.
func (b *builds) work(ctx context.Context, l lock.Lock, arn string, lease time.Duration) error {
	began := time.Now()
	for {
		b.mu.Lock()
		left, changed := heartbeat, b.changed
		if b.duration > 0 {
			left = min(b.duration-time.Since(began), heartbeat)
		}
		b.mu.Unlock()
		if left <= 0 {
			return nil
		}
		timer := time.NewTimer(left)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err() //nolint:wrapcheck // the build was stopped
		case <-changed:
			timer.Stop()
			began = time.Now() // a build that was to run on has this long from now on
			continue
		case <-timer.C:
		}
		if left < heartbeat {
			continue
		}
		done := int32(min(time.Since(began)/taskTime, taskCount))
		err := b.table.Heartbeat(ctx, l, arn, time.Now(), time.Now().Add(lease), lock.Progress{
			Stage: contract.StageAgent, Tasks: contract.Tasks{Done: done, Total: taskCount},
		})
		var refusal *lock.Refusal
		if errors.As(err, &refusal) {
			return fmt.Errorf("sending a heartbeat: %w", err)
		}
	}
}
