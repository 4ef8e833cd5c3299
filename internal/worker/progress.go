// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// tellProgress sends the stage that begins, the tasks and what was measured so far with a heartbeat, at once: people
// watch it, and so each stage's end is known. That it could not be sent is seen at the next one, or before the next
// effect.
func (j *job) tellProgress(ctx context.Context, name contract.Stage) {
	if j.lease == nil || !j.state.Claimed || j.releaseSent {
		// A heartbeat after a release that arrived would be refused, and that taken for a lost lease.
		return
	}
	j.setProgress(name)
	j.renewNow(ctx)
}

func (j *job) setProgress(name contract.Stage) {
	j.lease.Report(lock.Progress{Stage: name, Tasks: j.state.Result.Tasks, Result: j.provisional()})
}

// provisional is the result while it is not final: what was measured, with the outcome that it would be if the build
// died now. Nothing measured is no document.
func (j *job) provisional() string {
	r := j.state.Result
	if r.Tests == nil && r.Coverage == nil {
		return ""
	}
	if !j.state.failed() {
		r.Outcome, r.Message = contract.OutcomeInterrupted, "The build ended without releasing its lock."
	}
	text, err := r.Encode()
	if err != nil {
		return ""
	}
	return text
}

// renewNow sends a heartbeat if there is a lease to keep.
func (j *job) renewNow(ctx context.Context) {
	if j.lease == nil || !j.lease.Held() {
		return
	}
	if err := j.lease.Renew(ctx); err != nil {
		logOf(ctx).V(1).Info("Heartbeat failed; trying again", keyReason, err.Error())
	}
}
