// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
	"github.com/kiro-worker/kiro-worker/internal/worker/sandbox"
)

// Phase is a phase of the build that a stage belongs to.
type Phase string

// The phases. PhaseFinally is run by the buildspec at the end of pre_build and of post_build, whatever happened.
const (
	PhasePreBuild  Phase = "pre_build"
	PhaseBuild     Phase = "build"
	PhasePostBuild Phase = "post_build"
	PhaseFinally   Phase = "finally"
)

// runner does the work of a stage. Its dependencies are its own fields; what is known of the attempt, and what the stage
// adds to that, is in the state.
type runner interface {
	run(ctx context.Context, s *State) error
}

// stage is one line of the pipeline.
type stage struct {
	name  contract.Stage
	phase Phase
	runner
	// always runs it after a failed stage too.
	always bool
	// local runs it on a developer's checkout too.
	local bool
}

// pipeline runs the stages of a build, records what becomes of each, and renews the lease meanwhile.
type pipeline struct {
	stages   []stage
	state    *State
	lease    *lease.Renewer // nil in a local run
	progress *progress
	failures failureRecorder
	rounds   rounds
	budget   budget
	repo     *gitrepo.Repository
	sandbox  *sandbox.Sandbox
	clock    clock.WithTicker
	log      logr.Logger
	clean    cleaner
	traces   *tracing.Recorder
}

// newPipeline makes the pipeline of a build and reads its state. Unless it is whole, the environment's part of the
// parameters is not known, and stages that need it are left out.
func newPipeline(o Options, whole bool) (*pipeline, error) {
	p := o.Parameters
	log := o.Log.WithValues(logging.KeyCorrelationID, p.CorrelationID, logging.KeyWorkItem, p.WorkItem, logging.KeyAttempt, p.Attempt)
	if p.TraceParent != "" {
		log = log.WithValues(logging.KeyTrace, contract.TraceID(p.LockID))
	}
	// The git directory is within: agents may pass through, but not look around.
	if err := os.MkdirAll(o.Dir, 0o711); err != nil { //nolint:gosec // see above
		return nil, fmt.Errorf("making the build's directory: %w", err)
	}
	state, err := loadState(o.Dir, o.Build.ARN, o.Clock.Now(), log)
	if err != nil {
		return nil, err
	}
	w := newWiring(o)
	w.failures = failureRecorder{pullRequest: w.pullRequestStage(), budget: w.budget, clean: w.clean, log: log}
	stages := w.stages()
	if !whole {
		stages = w.lockStages()
	}
	return &pipeline{
		stages: stages, state: state, lease: w.lease, progress: w.progress, failures: w.failures, rounds: w.rounds(), budget: w.budget,
		repo: w.repo, sandbox: w.space.sandbox, clock: o.Clock, log: log, clean: w.clean, traces: o.Traces,
	}, nil
}

// stages is the order of the stages. A new one is a file, and a line here.
func (w wiring) stages() []stage {
	return []stage{
		{name: contract.StageClaim, phase: PhasePreBuild, runner: w.claimStage()},
		{name: contract.StageCheckout, phase: PhasePreBuild, runner: w.checkoutStage(), local: true},
		{name: contract.StageValidate, phase: PhasePreBuild, runner: w.validateStage(), local: true},
		{name: contract.StageSteer, phase: PhasePreBuild, runner: w.steerStage(), local: true},
		{name: contract.StageAgent, phase: PhaseBuild, runner: w.agentStage(), local: true},
		{name: contract.StageTest, phase: PhaseBuild, runner: w.testStage(), local: true},
		{name: contract.StageCoverage, phase: PhaseBuild, runner: w.coverageStage(), local: true},
		{name: contract.StagePullRequest, phase: PhasePostBuild, runner: w.pullRequestStage(), always: true},
		{name: contract.StageUpload, phase: PhasePostBuild, runner: w.uploadStage(), always: true},
		{name: contract.StageCleanup, phase: PhaseFinally, runner: w.cleanupStage(), always: true},
	}
}

// lockStages are those that need nothing but the lock.
func (w wiring) lockStages() []stage {
	return []stage{
		{name: contract.StageClaim, phase: PhasePreBuild, runner: w.claimStage()},
		{name: contract.StageCleanup, phase: PhaseFinally, runner: w.cleanupStage(), always: true},
	}
}

// due are the stages that a phase has to run now, given what is recorded. After each stage it is asked again, because a
// failure changes the answer.
func due(stages []stage, s *State, phase Phase) []stage {
	var todo []stage
	for _, st := range stages {
		switch {
		case s.done(st.name) || s.Over != "":
		case s.failed() && !st.always:
		case phase == PhaseFinally && !s.failed() && !s.done(contract.StageUpload):
			// The finally of pre_build while all goes well: the build goes on.
		case phase == PhaseFinally && st.always, phase == st.phase:
			todo = append(todo, st)
		}
	}
	return todo
}

// missed is a stage of an earlier phase that never ran to its end, although nothing failed: the process that ran it
// was killed, or its phase was left out.
func missed(stages []stage, s *State, phase Phase) (contract.Stage, bool) {
	if s.failed() || s.Over != "" {
		return "", false
	}
	if phase == PhaseFinally {
		// Unless a stage was begun and not ended, nothing says whose finally this is.
		return s.interrupted()
	}
	for _, st := range stages {
		if st.phase == phase {
			return "", false
		}
		if !s.done(st.name) {
			return st.name, true
		}
	}
	return "", false
}

// runStages runs what is due, one stage after the other.
func (p *pipeline) runStages(ctx context.Context, phase Phase) {
	for {
		todo := due(p.stages, p.state, phase)
		if len(todo) == 0 || context.Cause(ctx) != nil {
			return
		}
		p.runStage(ctx, todo[0])
	}
}

// runStage runs one stage and records what became of it. A panic is a failure like any other: the lock must be
// released and the pull request updated.
func (p *pipeline) runStage(ctx context.Context, st stage) {
	log := p.log.WithValues(logging.KeyStage, st.name)
	began := p.clock.Now()
	p.state.begin(st.name, began)
	p.state.save()
	p.progress.stage(ctx, p.state, st.name)

	traced, endSpan := p.beginSpan(ctx, st.name)
	err := p.guarded(traced, st)
	ended := p.clock.Now()
	p.state.end(st.name, ended, err)
	again := false
	if st.phase == PhaseBuild {
		again, err = p.rounds.after(ctx, p.state, st.name, err)
	}
	switch {
	case again:
		log.Info("Stage did not pass; a repair round follows", keyDuration, ended.Sub(began).Seconds(), keyRound, len(p.state.Rounds))
	case err == nil:
		log.Info("Stage done", keyDuration, ended.Sub(began).Seconds())
	case errors.Is(err, lease.ErrRefused):
		p.state.Over = overRefused
		log.Info("The claim was refused; this build does nothing", keyReason, err.Error())
	case isLost(ctx, err):
		p.state.Over = overLost
		log.Error(err, "The lease is lost; stopping without touching anything more")
	case st.name == contract.StageCleanup && errors.Is(context.Cause(ctx), ErrInterrupted):
		// The outcome is not changed. wrapUp runs cleanup again, with time of its own.
		log.Info("Cleanup was interrupted", keyReason, p.clean(err.Error()))
	default:
		log.Error(errors.New(fault.Addresses(err.Error())), "Stage failed")
		p.failures.record(ctx, p.state, st.name, err)
	}
	if !again {
		p.state.end(st.name, ended, err)
	}
	p.endSpan(ctx, st.name, endSpan, err)
	p.state.save()
}

func (p *pipeline) guarded(ctx context.Context, st stage) (err error) {
	ctx, cancel := p.budget.limit(ctx, st.name)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("stage %s panicked: %v\n%s", st.name, r, debug.Stack())
		}
	}()
	if cause := context.Cause(ctx); cause != nil {
		// Some stages read files only and would not notice.
		return cause
	}
	err = st.run(logContext(ctx, p.log.WithValues(logging.KeyStage, st.name)), p.state)
	if err != nil && errors.Is(context.Cause(ctx), errOutOfTime) && !errors.Is(err, errOutOfTime) {
		err = fmt.Errorf("%w (%w)", errOutOfTime, err)
	}
	return err
}
