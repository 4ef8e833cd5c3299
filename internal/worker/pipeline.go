// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
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

// stage is one line of the pipeline.
type stage struct {
	name  contract.Stage
	phase Phase
	run   func(context.Context, *job) error
	// always runs it after a failed stage too.
	always bool
	// local runs it on a developer's checkout too.
	local bool
}

// pipeline is the order of the stages. A new one is a file, and a line here.
func pipeline() []stage {
	return []stage{
		{name: contract.StageClaim, phase: PhasePreBuild, run: claim},
		{name: contract.StageCheckout, phase: PhasePreBuild, run: checkout, local: true},
		{name: contract.StageValidate, phase: PhasePreBuild, run: validate, local: true},
		{name: contract.StageSteer, phase: PhasePreBuild, run: steer, local: true},
		{name: contract.StageAgent, phase: PhaseBuild, run: implement, local: true},
		{name: contract.StageTest, phase: PhaseBuild, run: test, local: true},
		{name: contract.StageCoverage, phase: PhaseBuild, run: measureCoverage, local: true},
		{name: contract.StagePullRequest, phase: PhasePostBuild, run: updatePullRequest, always: true},
		{name: contract.StageUpload, phase: PhasePostBuild, run: upload, always: true},
		{name: contract.StageCleanup, phase: PhaseFinally, run: cleanup, always: true},
	}
}

// due are the stages that a phase has to run now, given what is recorded. It decides nothing else: stages that fail
// on the way make it ask again.
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
		// Unless a stage was begun and not ended, nothing tells whose finally this is.
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

// runStages runs what is due, one after the other.
func (j *job) runStages(ctx context.Context, phase Phase) {
	for {
		todo := due(j.stages, j.state, phase)
		if len(todo) == 0 || context.Cause(ctx) != nil {
			return
		}
		j.runStage(ctx, todo[0])
	}
}

// runStage runs one stage and records what became of it. A panic is a failure like any other: the lock must be
// released and the pull request told.
func (j *job) runStage(ctx context.Context, st stage) {
	log := j.log.WithValues(logging.KeyStage, st.name)
	began := j.clock.Now()
	j.state.begin(st.name, began)
	j.save()
	j.tellProgress(ctx, st.name)

	err := j.guarded(ctx, st)
	ended := j.clock.Now()
	switch {
	case err == nil:
		log.Info("Stage done", keyDuration, ended.Sub(began).Seconds())
	case errors.Is(err, lease.ErrRefused):
		j.state.Over = overRefused
		log.Info("The claim was refused; this build does nothing", keyReason, err.Error())
	case isLost(ctx, err):
		j.state.Over = overLost
		log.Error(err, "The lease is lost; stopping without touching anything more")
	case st.name == contract.StageCleanup && errors.Is(context.Cause(ctx), ErrInterrupted):
		// The outcome stands. wrapUp does it again, with time of its own.
		log.Info("Cleanup was interrupted", keyReason, j.clean(err.Error()))
	default:
		log.Error(err, "Stage failed")
		j.fail(ctx, st.name, err)
	}
	j.state.end(st.name, ended, err)
	j.save()
}

func (j *job) guarded(ctx context.Context, st stage) (err error) {
	ctx, cancel := j.limited(ctx, st.name)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("stage %s panicked: %v\n%s", st.name, r, debug.Stack())
		}
	}()
	if cause := context.Cause(ctx); cause != nil {
		// Some stages look at files alone and would not notice.
		return cause
	}
	err = st.run(logContext(ctx, j.log.WithValues(logging.KeyStage, st.name)), j)
	if err != nil && errors.Is(context.Cause(ctx), errOutOfTime) && !errors.Is(err, errOutOfTime) {
		err = fmt.Errorf("%w (%w)", errOutOfTime, err)
	}
	return err
}

// errOutOfTime is the cause of a stage's context that ended so that the rest of the build's time suffices for what
// follows.
var errOutOfTime = errors.New("the stage was given up while there is still time to release the lock; " +
	"if what it waited for is well again, nothing is to be done, else raise spec.timeout of the work item")

// limited is a stage's context. A local run has no build that could end.
func (j *job) limited(ctx context.Context, name contract.Stage) (context.Context, context.CancelFunc) {
	end, limited := stageEnd(name, j.build.StartedAt, j.parameters.BuildTimeout)
	if !limited || j.options.LocalDir != "" {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, end.Sub(j.clock.Now()), errOutOfTime)
}

// fail records the first failure as the attempt's outcome; a later one is only logged. But what spoils a success
// after its pull request was told of it is told there too.
func (j *job) fail(ctx context.Context, name contract.Stage, err error) {
	if j.state.failed() {
		return
	}
	outcome, message := verdictOf(ctx, name, err)
	j.state.fail(name, outcome, j.clean(message))
	if j.state.Result.PullRequestUpdated {
		j.state.Result.PullRequestUpdated = false
		ctx, cancel := j.limited(ctx, contract.StageUpload)
		defer cancel()
		if context.Cause(ctx) == nil {
			j.retell(ctx)
		}
	}
}
