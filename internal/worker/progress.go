// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

// progress reports how far the build is, in the lock's row: people watch it there, and the controller sees in which
// stage a build died. What could not be sent is sent with the next heartbeat, or before the next effect.
type progress struct {
	lease *lease.Renewer // nil in a local run
	// released: a release was sent. A heartbeat after one that arrived would be refused, and look like a lost lease.
	released bool
}

// stage reports that a stage begins, with what was measured so far, at once.
func (p *progress) stage(ctx context.Context, s *State, name contract.Stage) {
	if p.lease == nil || !s.Claimed || p.released {
		return
	}
	p.set(s, name)
	p.renew(ctx)
}

// set has the next heartbeat report a stage.
func (p *progress) set(s *State, name contract.Stage) {
	p.lease.Report(lock.Progress{Stage: name, Tasks: s.Result.Tasks, Result: s.provisionalResult()})
}

// tasks records and reports how many tasks are done, at once.
func (p *progress) tasks(ctx context.Context, s *State, tasks contract.Tasks) {
	s.Result.Tasks = tasks
	s.save()
	if p.lease != nil {
		p.lease.ReportTasks(tasks)
		p.renew(ctx)
	}
}

// renew sends a heartbeat if there is a lease to keep.
func (p *progress) renew(ctx context.Context) {
	if p.lease == nil || !p.lease.Held() {
		return
	}
	if err := p.lease.Renew(ctx); err != nil {
		logOf(ctx).V(1).Info("Heartbeat failed; trying again", keyReason, err.Error())
	}
}
