// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// The spans of an attempt that this controller sends, beside those that it has in common with the worker, one a phase of
// CodeBuild's, and one a stage of the worker that the worker did not send itself.
const (
	spanAccept   = "accept"
	spanQueue    = "queue"
	spanStart    = "start build"
	spanConclude = "conclude"
	spanPhase    = "phase "
)

// spanOf is the span that the calls of a step are parts of, by its condition.
var spanOf = map[string]string{
	v1alpha1.ConditionAccepted: spanAccept, v1alpha1.ConditionLocked: spanQueue, v1alpha1.ConditionBuildStarted: spanStart,
	v1alpha1.ConditionBuildFinished: contract.SpanBuild, v1alpha1.ConditionConcluded: spanConclude,
}

// traced has the calls of a step told as parts of the attempt's trace. Before the lock it is that of the attempt to come.
type traced struct {
	reconcile.Step[*v1alpha1.WorkItem]

	traces *tracing.Exporter
}

// Reconcile implements reconcile.Step.
func (t traced) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	a, span := item.Status.Attempt, spanOf[t.Condition()]
	switch {
	case t.traces == nil || span == "":
	case span != spanConclude:
		ctx = t.traces.Under(ctx, locks.NextID(item), span)
	case a != nil:
		ctx = t.traces.Under(ctx, a.LockID, span)
	}
	return t.Step.Reconcile(ctx, item)
}

// noteTrace tells an attempt that ended as a trace, once its end is written. All times are recorded ones, so a change of the
// leader in between loses none.
func (m *Metrics) noteTrace(traces *tracing.Exporter, item *v1alpha1.WorkItem, outcome policy.Outcome, now time.Time) {
	if traces == nil || item.Status.Attempt == nil {
		return
	}
	seed, spans := item.Status.Attempt.LockID, spansOf(item, outcome, now)
	m.note(item, func() { traces.Send(seed, spans) })
}

// spansOf are the parts of an attempt whose times are known, each with when it began and ended.
func spansOf(item *v1alpha1.WorkItem, outcome policy.Outcome, now time.Time) []tracing.Span {
	a := item.Status.Attempt
	failed := outcome.Name.Class() != contract.ClassNone
	at := func(condition string) time.Time {
		if c := item.Condition(condition); c.Status == metav1.ConditionTrue {
			return c.LastTransitionTime.Time
		}
		return time.Time{}
	}
	accepted, locked := at(v1alpha1.ConditionAccepted), at(v1alpha1.ConditionLocked)
	began := accepted
	var spans []tracing.Span
	add := func(name string, from, to time.Time) {
		if !from.IsZero() && !to.Before(from) {
			spans = append(spans, tracing.Span{Name: name, Parent: contract.SpanAttempt, Began: from, Ended: to})
		}
	}
	if a.Number == 1 || item.Status.Retries == (v1alpha1.RetryCounts{}) { // what follows a failed attempt was accepted before
		began = a.Trigger.Time
		add(spanAccept, a.Trigger.Time, accepted)
	}
	add(spanQueue, accepted, locked)
	started := at(v1alpha1.ConditionBuildStarted)
	if a.IntentTime != nil {
		add(spanStart, a.IntentTime.Time, later(started, a.IntentTime.Time))
	}
	over := now
	if b := a.Build; b != nil && b.StartTime != nil {
		if b.EndTime != nil {
			over = b.EndTime.Time
		}
		add(contract.SpanBuild, b.StartTime.Time, over)
		spans = append(spans, stageSpans(outcome.Result)...)
	}
	add(spanConclude, over, now)
	if began.IsZero() {
		began = locked
	}
	whole := tracing.Span{
		Name: contract.SpanAttempt, Began: began, Ended: now, Failed: failed, Message: string(outcome.Name),
		Attributes: map[string]string{
			"kiro_worker.work_item": item.Namespace + "/" + item.Name, "kiro_worker.environment": item.Spec.EnvironmentRef.Name,
			"kiro_worker.attempt": strconv.Itoa(int(a.Number)), "kiro_worker.outcome": string(outcome.Name),
			"kiro_worker.correlation_id": item.Status.CorrelationID,
		},
	}
	return append([]tracing.Span{whole}, spans...)
}

// maxStageSpans is the most spans of stages that a build makes: all stages, and three of them in each repair round.
const maxStageSpans = 10 + 3*contract.MaxRounds

// stageSpans are the worker's stages that it did not send itself, as the build reported them. One that ran once more in a
// repair round has another name: each span of a trace is there once.
func stageSpans(r *contract.Result) []tracing.Span {
	if r == nil {
		return nil
	}
	var spans []tracing.Span
	runs := map[contract.Stage]int{}
	for _, s := range r.Stages[:min(len(r.Stages), maxStageSpans)] {
		name := contract.SpanOfRun(s.Name, runs[s.Name])
		runs[s.Name]++
		if s.Known() && !s.Traced && !s.Began.IsZero() {
			spans = append(spans, tracing.Span{
				Name: name, Parent: contract.SpanBuild, Began: s.Began, Ended: s.Began.Add(time.Duration(s.Seconds * float64(time.Second))),
				Failed: s.Name == r.FailedStage, Message: string(r.Outcome),
			})
		}
	}
	return spans
}

// notePhaseTrace tells what CodeBuild says of a build that is over. Of one that died it is what is sure to be there.
func (m *Metrics) notePhaseTrace(traces *tracing.Exporter, item *v1alpha1.WorkItem, b *build.Build) {
	if traces == nil || b == nil {
		return
	}
	lockID, spans := item.Status.Attempt.LockID, phaseSpans(b)
	m.note(item, func() { traces.Send(lockID, spans) })
}

func phaseSpans(b *build.Build) []tracing.Span {
	var spans []tracing.Span
	for _, p := range b.Phases {
		if p.Name != "" && !p.Began.IsZero() {
			spans = append(spans, tracing.Span{
				Name: spanPhase + p.Name, Parent: contract.SpanBuild, Began: p.Began, Ended: p.Began.Add(time.Duration(p.Seconds * float64(time.Second))),
				Failed: p.Failed,
			})
		}
	}
	return spans
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
