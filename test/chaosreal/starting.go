// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"fmt"
	"net/http"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// The requests of a start, by name.
const (
	startBuild  = "codebuild StartBuild"
	stopBuild   = "codebuild StopBuild"
	getBuilds   = "codebuild BatchGetBuilds"
	listBuilds  = "codebuild ListBuildsForProject"
	lockAcquire = "lock acquire"
	lockClaim   = "lock claim"
	lockFree    = "lock free"
	readBranch  = "lock read branch"
	readSlots   = "lock read slot"
)

// noRoom is what CodeBuild answers where the account's builds are used up.
var noRoom = faults.Fault{
	Status: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
	Body: `{"__type":"AccountLimitExceededException","message":"Cannot have more than 1 builds in queue for the account"}`,
}

// shortStart is how often a start is tried where all tries are to fail: they take seconds then, and not two minutes.
const shortStart = 2

// startWays are those on which a build's start does not go as it should.
var startWays = []scenario{
	{
		name: "no room for a while", conducts: []conduct{succeeds}, before: answersStarts(faults.Rule{Times: 3, Fault: noRoom}),
		again:  []string{startBuild},
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 1, pushes: 1,
	},
	{
		// An attempt is given up, with its lock, and the next one has its build.
		name: "no room for an attempt", conducts: []conduct{succeeds}, before: refusesFirstAttempt, act: makeRoom,
		again: []string{lockFree}, idle: true,
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 2, builds: 1, pushes: 1,
	},
	{
		// No answer ever comes, and the build has claimed its lock by the time that the row is looked at.
		name: "start unknown, claimed", conducts: []conduct{succeeds}, before: losesStarts,
		again:  []string{startBuild, getBuilds, readBranch},
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 1, pushes: 1,
	},
	{
		// No answer ever comes, and the build is in CodeBuild's queue: only the project's list has it.
		name: "start unknown, queued", conducts: []conduct{succeeds}, before: losesQueuedStarts, act: leaveQueue,
		again:  []string{lockClaim, getBuilds},
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 1, pushes: 1,
	},
	{
		// Before the manager has recorded its build in the lock, a person starts it again in the console, and that one
		// claims: it is adopted, and the manager's own is stopped.
		name: "another build claimed", conducts: []conduct{succeeds}, before: claimedByAnother, preface: waitUnlessRetried,
		again:  []string{lockClaim, stopBuild, getBuilds, readBranch},
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 2, pushes: 1,
	},
}

// answersStarts has StartBuild answer by a rule.
func answersStarts(rule faults.Rule) func(context.Context, *world) error {
	return func(_ context.Context, w *world) error {
		rule.Service, rule.Operation = "aws", startBuild
		w.allow = w.faults.Add(rule)
		return nil
	}
}

// adjust changes the environment before a manager sees it.
func (w *world) adjust(ctx context.Context, change func(*v1alpha1.WorkEnvironmentSpec)) error {
	env := &v1alpha1.WorkEnvironment{}
	if err := w.client.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: "env"}, env); err != nil {
		return fmt.Errorf("reading the environment: %w", err)
	}
	change(&env.Spec)
	if err := w.client.Update(ctx, env); err != nil {
		return fmt.Errorf("changing the environment: %w", err)
	}
	return nil
}

// triesShortly has a start be given up after a few calls.
func (w *world) triesShortly(ctx context.Context) error {
	return w.adjust(ctx, func(e *v1alpha1.WorkEnvironmentSpec) { e.Retry.StartBuild.Tries = ptr.To[int32](shortStart) })
}

func refusesFirstAttempt(ctx context.Context, w *world) error {
	if err := answersStarts(faults.Rule{Fault: noRoom})(ctx, w); err != nil {
		return err
	}
	return w.triesShortly(ctx)
}

// makeRoom makes room once the first attempt has given its lock up.
func makeRoom(_ context.Context, w *world, _ *v1alpha1.WorkItem) (bool, error) {
	if gaveUp, err := w.gaveUp(); err != nil || !gaveUp {
		return false, err
	}
	w.allow()
	return true, nil
}

func losesStarts(ctx context.Context, w *world) error {
	if err := answersStarts(faults.Rule{Fault: faults.Fault{LoseAnswer: true}})(ctx, w); err != nil {
		return err
	}
	return w.triesShortly(ctx)
}

func losesQueuedStarts(ctx context.Context, w *world) error {
	w.builds.SetLimits(0, 10)
	return losesStarts(ctx, w)
}

// leaveQueue lets builds run once the project's builds have been looked at.
func leaveQueue(_ context.Context, w *world, _ *v1alpha1.WorkItem) (bool, error) {
	if w.tap.count(listBuilds) == 0 {
		return false, nil
	}
	w.builds.SetLimits(1, 10)
	return true, nil
}

// claimedByAnother has a person start the build again just before the manager claims for it.
func claimedByAnother(ctx context.Context, w *world) error {
	w.tap.before(lockClaim, func() {
		again, err := w.builds.RetryBuild(w.builds.Builds()[0].ID, "a person")
		if err == nil {
			_, err = w.builds.WaitFor(ctx, again.ID, func(b codebuild.Build) bool { return b.Over() || w.work.tally().claims > 0 })
		}
		w.fail(err)
	})
	return nil
}

// waitUnlessRetried has only a build claim that a person started.
func waitUnlessRetried(ctx context.Context, w *world, b codebuild.Running) error {
	if seen, ok := w.builds.Build(b.ID); ok && seen.RetryOf != "" {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}
