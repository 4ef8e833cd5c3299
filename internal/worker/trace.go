// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// beginSpan begins the span of a stage. One that was told before, because the stage has to run again, is told under another
// name: each span of a trace is there once.
func (p *pipeline) beginSpan(ctx context.Context, name contract.Stage) (context.Context, func(failure string)) {
	runs := p.state.runs(name) - 1 // this one has begun
	if runs == 0 && slices.Contains(p.state.Told, name) {
		return p.traces.Begin(ctx, string(name)+" again")
	}
	return p.traces.Begin(ctx, contract.SpanOfRun(name, runs))
}

// endSpan sends a stage's span, and notes whether it arrived: of a stage that says no, the controller sends it from the
// result. A build that did not win its claim says nothing, as another one may be telling the same; one that is being ended has
// no time for it.
func (p *pipeline) endSpan(ctx context.Context, name contract.Stage, end func(failure string), err error) {
	if p.traces == nil || !p.state.Claimed {
		return
	}
	if name == contract.StageCleanup {
		if !p.state.tracedSoFar() {
			return // the result, which is written, says so
		}
	} else if context.Cause(ctx) != nil {
		return
	}
	failure := ""
	if err != nil {
		failure = cmp.Or(string(p.state.Result.Outcome), "failed")
	}
	end(failure)
	switch err := p.traces.Flush(ctx); {
	case err == nil:
		p.state.traced(name)
	case !errors.Is(err, tracing.ErrNotSent):
		logging.Warn(p.log, "The spans of a stage could not be sent; the controller tells when it ran", logging.KeyStage, name, keyReason, p.clean(err.Error()))
	}
}

// traced notes that the worker sent a stage's span.
func (s *State) traced(name contract.Stage) {
	// Also one that is to run again, in a repair round.
	for n := len(s.Stages) - 1; n >= 0; n-- {
		if s.Stages[n].Name == name {
			s.Stages[n].Traced = true
			break
		}
	}
	if !slices.Contains(s.Told, name) {
		s.Told = append(s.Told, name)
	}
}

// tracedSoFar reports whether the span of the last stage that ended was sent by the worker. Cleanup, which cannot say what
// became of its own, says that it will be.
func (s *State) tracedSoFar() bool {
	for _, r := range slices.Backward(s.Stages) {
		if r.Name != contract.StageCleanup && !r.Ended.IsZero() {
			return r.Traced
		}
	}
	return false
}
