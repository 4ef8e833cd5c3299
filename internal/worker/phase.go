// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

// runPhase renews the lease while the stages of a phase run. The goroutine is here and not in any stage.
func (p *pipeline) runPhase(ctx context.Context, phase Phase) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ticker := p.clock.NewTicker(lease.Interval)
	defer ticker.Stop()
	var renewing sync.WaitGroup
	defer renewing.Wait()
	renew, stop := context.WithCancel(ctx)
	defer stop()

	if p.state.Claimed && p.state.Over == "" {
		p.endOrphans()
		p.recordMissed(phase)
		if n := len(p.state.Stages); n > 0 {
			p.progress.set(p.state, p.state.Stages[n-1].Name)
		}
		if err := p.lease.Renew(ctx); lease.IsLost(err) {
			cancel(err)
		}
	}
	renewing.Go(func() {
		p.lease.RenewAtTicks(renew, ticker.C(), cancel, func(err error) {
			logging.Warn(p.log, "Heartbeat failed; trying again", keyReason, p.clean(err.Error()))
		})
	})
	p.runStages(ctx, phase)
	p.wrapUp(ctx)
}

// endOrphans ends what a worker that was killed left running: its agent would work, and its push arrive, while this
// process reports the end and releases the lock.
func (p *pipeline) endOrphans() {
	name, interrupted := p.state.interrupted()
	if !interrupted {
		return
	}
	n, err := p.sandbox.EndOrphans(p.repo.ProcessMark(), p.repo.StagingMark())
	if err != nil {
		p.log.Error(err, "What a killed worker left running could not be ended", logging.KeyStage, name)
	}
	if n > 0 {
		logging.Warn(p.log, "Ended what a killed worker left running", logging.KeyStage, name, keyProcesses, n)
	}
	if !p.state.PushAt.IsZero() {
		p.state.setPushAt(p.clock.Now())
	}
}

// recordMissed records the failure of a process that ran an earlier phase and was killed.
func (p *pipeline) recordMissed(phase Phase) {
	name, ok := missed(p.stages, p.state, phase)
	if !ok {
		return
	}
	p.state.fail(name, contract.OutcomeInterrupted, fmt.Sprintf(
		"The worker was killed in stage %s, or its build ran out of memory. What was pushed before is kept; the next attempt goes on from there.", name))
	if p.state.Result.PullRequestUpdated {
		// It says that the work succeeded.
		p.state.Result.PullRequestUpdated = false
		p.state.forget(contract.StagePullRequest)
	}
	logging.Warn(p.log, "An earlier phase ended without a result", logging.KeyStage, name)
	p.state.save()
}

// cleanupTimeout is what is left for cleanup after a signal, once no push is on its way any more. CodeBuild gives little
// more. If it kills the worker before, the lock is not released: the controller does that when nothing can arrive any
// more.
const cleanupTimeout = 20 * time.Second

// wrapUp ends a run that was cut short. After a signal only the lock matters: the controller reports on the pull request
// what a build could not.
func (p *pipeline) wrapUp(ctx context.Context) {
	switch cause := context.Cause(ctx); {
	case cause == nil || p.state.Over != "":
	case lease.IsLost(cause):
		p.state.Over = overLost
		p.log.Error(cause, "The lease is lost; stopping without touching anything more")
		p.state.save()
	case p.state.Claimed:
		if !p.state.failed() && !p.state.done(contract.StageUpload) {
			p.state.fail("", contract.OutcomeInterrupted, "The build was stopped.")
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout+flightLeft(p.clock.Now(), p.state.PushAt))
		defer cancel()
		for _, st := range p.stages {
			if st.name == contract.StageCleanup {
				p.runStage(ctx, st)
			}
		}
	}
}
