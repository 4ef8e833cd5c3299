// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import "context"

// Run runs the stages of a phase and returns the code that the process is to end with. It logs whatever goes wrong. A
// context that is ended with the cause ErrInterrupted stops it; the lock is released all the same.
func Run(ctx context.Context, o Options, phase Phase) ExitCode {
	p, whole, err := pipelineOf(o)
	if err != nil {
		o.Log.Error(err, "The build cannot be run")
		return ExitInfrastructure
	}
	if phase != PhasePreBuild && !p.state.Claimed {
		p.log.Info("This build has not claimed its lock; it does nothing", keyPhase, phase)
		return ExitRefused
	}
	p.log.V(1).Info("Phase began", keyPhase, phase, keyVersion, o.Version)
	p.runPhase(ctx, phase)
	if whole || phase != PhasePreBuild || p.state.failed() || p.state.Over != "" {
		return exitCode(p.state)
	}
	// The lock is claimed, so what the environment froze is known now.
	if p, _, err = pipelineOf(o); err != nil {
		o.Log.Error(err, "The build cannot be run")
		return ExitInfrastructure
	}
	p.runPhase(ctx, phase)
	return exitCode(p.state)
}

// pipelineOf is the whole pipeline where it is known what the environment froze for the build. Before that, and where it
// is refused, it is one that claims the lock and releases it, and no more.
func pipelineOf(o Options) (p *pipeline, whole bool, err error) {
	complete, known, wrong := o.complete()
	if p, err = newPipeline(complete, known); err != nil {
		return nil, false, err
	}
	// Not with the build's context: what is refused stays so, also where the build is interrupted just now.
	if wrong != nil && p.state.Over == "" && recordFailure(context.Background(), p.state, "", wrong, p.clean) {
		p.log.Error(wrong, "What the environment says to this build cannot be used")
		p.state.Result.PullRequestUpdated = false // if it was, it says that the work succeeded
		p.state.save()
	}
	return p, known, nil
}
