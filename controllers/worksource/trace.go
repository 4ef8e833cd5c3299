// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"strconv"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// spanPoll is a poll: a trace of its own, and a part of the trace of the attempt that it triggered.
const spanPoll = "poll"

// tracedPoll is a poll, told as a trace with the calls that it made.
func (r *Reconciler) tracedPoll(ctx context.Context, source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment, now time.Time) (pollResult, error) {
	ctx, id, end := r.traces.Begin(ctx, spanPoll)
	result, err := r.poll(ctx, source, environment, pollTrace{traces: r.traces, id: id}, now)
	end(err, map[string]string{
		"kiro_worker.source": source.Namespace + "/" + source.Name, "kiro_worker.cards_seen": strconv.Itoa(result.seen),
		"kiro_worker.cards_eligible": strconv.Itoa(result.eligible), "kiro_worker.cards_skipped": strconv.Itoa(len(result.skipped)),
	})
	return result, err
}

// pollTrace tells a poll in the traces of the attempts that it triggers.
type pollTrace struct {
	traces *tracing.Exporter
	id     string // of the poll's own trace
}

// triggered tells, in the trace of the attempt that follows, which poll triggered it. item is as it was before, nil if it
// was just made.
func (p pollTrace) triggered(uid string, item *v1alpha1.WorkItem, source *v1alpha1.WorkSource, began, ended time.Time) {
	number := int32(1)
	if item != nil && item.Status.Attempt != nil {
		number = item.Status.Attempt.Number + 1
	}
	p.traces.Send(contract.LockID(uid, number), []tracing.Span{{
		Name: spanPoll, Parent: contract.SpanAttempt, Began: began, Ended: ended,
		Attributes: map[string]string{"kiro_worker.source": source.Namespace + "/" + source.Name, "kiro_worker.poll_trace": p.id},
	}})
}
