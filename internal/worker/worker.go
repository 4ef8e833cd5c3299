// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import "context"

// Run runs the stages of a phase and returns the code that the process is to end with. It logs whatever goes wrong. A
// context that is ended with the cause ErrInterrupted stops it; the lock is released all the same.
func Run(ctx context.Context, o Options, phase Phase) ExitCode {
	p, err := newPipeline(o)
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
	return exitCode(p.state)
}
