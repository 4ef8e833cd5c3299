// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// The four ends of a reconcile. Each settles when to look next.

// waiting: no poll is due, or there is nothing to poll for.
func (r *Reconciler) waiting(p *poll) (ctrl.Result, error) {
	status := &p.source.Status
	if p.environment == nil || p.source.Spec.Suspend || status.NextPollTime == nil {
		return ctrl.Result{}, nil // an event will come
	}
	return ctrl.Result{RequeueAfter: max(status.NextPollTime.Sub(p.began), time.Second)}, nil
}

// complete: the whole board was read and acted on.
func (r *Reconciler) complete(p *poll) (ctrl.Result, error) {
	now := r.clock.Now()
	status := &p.source.Status
	status.Cards = &v1alpha1.CardCounts{
		Seen: count(len(p.listing.Cards)), Eligible: count(len(p.chosen)), Skipped: p.skipped.total(),
	}
	status.Skipped = p.skipped.status()
	last, at := metav1.NewTime(p.began), metav1.NewTime(nextPoll(p.began, now, p.source.Spec.PollInterval(p.environment), r.random()))
	status.LastPollTime, status.NextPollTime = &last, &at
	r.recordLimit(p)
	set := p.conditions()
	set.True(v1alpha1.ConditionBoardReachable, v1alpha1.ReasonPolled, "The last poll read the whole board.")
	set.Remove(v1alpha1.ConditionStalled)
	r.metrics.polled(resultComplete, now.Sub(p.began))
	return ctrl.Result{RequeueAfter: at.Sub(now)}, nil
}

// failed: the board could not be read as a whole, or is not what the spec says. Nothing was made or withdrawn on
// the strength of the part that was read.
func (r *Reconciler) failed(p *poll) (ctrl.Result, error) {
	set := p.conditions()
	kind, result := v1alpha1.ConditionBoardReachable, resultFailed
	var asked time.Duration
	w, isWait := fault.AsWait(p.failure)
	var absent *board.NotFoundError
	switch {
	case errors.As(p.failure, &absent):
		kind = v1alpha1.ConditionBoardResolved
		p.source.Status.Board = nil
		set.False(kind, absentReasons[absent.Part], fault.Message(p.failure))
	case isWait:
		asked, result = w.After, resultWaited
		set.Unknown(kind, conditions.Reason(p.failure), fault.Message(p.failure))
	default:
		set.False(kind, failureReason(p.failure), failureMessage(p))
		if fault.CodeOf(p.failure) == fault.CodeNotFound {
			p.source.Status.Board = nil // its ids stand for nothing any more
		}
	}
	stalled(set, p.failure, kind)

	now := r.clock.Now()
	after := retryAfter(now, set.Get(kind), p.source.Spec.PollInterval(p.environment), asked)
	at := metav1.NewTime(now.Add(after))
	p.source.Status.NextPollTime = &at
	r.recordLimit(p)
	r.metrics.polled(result, now.Sub(p.began))
	return ctrl.Result{RequeueAfter: after}, nil
}

// brokenOff: Kubernetes refused a read or a write. The error goes to the queue's backoff; if the board was asked
// already, it is not asked again at that pace.
func (r *Reconciler) brokenOff(p *poll, err error) (ctrl.Result, error) {
	if p.due {
		at := metav1.NewTime(r.clock.Now().Add(soonestRetry))
		p.source.Status.NextPollTime = &at
		r.metrics.polled(resultFailed, r.clock.Since(p.began))
	}
	return ctrl.Result{}, err
}

// recordLimit tells what is left of the credentials' budget.
func (r *Reconciler) recordLimit(p *poll) {
	if p.board == nil {
		return
	}
	limit := p.board.RateLimit()
	if !limit.Known {
		return
	}
	p.source.Status.RateLimit = &v1alpha1.RateLimit{Remaining: count(limit.Remaining)}
	if !limit.ResetAt.IsZero() {
		at := metav1.NewTime(limit.ResetAt)
		p.source.Status.RateLimit.ResetAt = &at
	}
}

var absentReasons = map[board.Part]string{
	board.PartBoard:       v1alpha1.ReasonBoardNotFound,
	board.PartStatusField: v1alpha1.ReasonStatusFieldNotFound,
	board.PartReadyStatus: v1alpha1.ReasonReadyStatusNotFound,
}

// failureReason is the error's own reason, or that the poll broke off.
func failureReason(err error) string {
	if reason := conditions.Reason(err); reason != v1alpha1.ReasonError {
		return reason
	}
	return v1alpha1.ReasonPollIncomplete
}

func failureMessage(p *poll) string {
	if errors.Is(p.failure, context.DeadlineExceeded) {
		return fmt.Sprintf("The poll took longer than spec.pollTimeout (%s). Raise it, or narrow the board with spec.github.query. Nothing was made or withdrawn.",
			p.source.Spec.PollDeadline())
	}
	return strings.TrimRight(fault.Message(p.failure), ".") + ". Nothing was made or withdrawn; it is tried again by itself."
}

// stalled says that a person has to act, which is so after a terminal error and only then.
func stalled(set conditions.Set, err error, kind string) {
	if fault.IsTerminal(err) {
		c := set.Get(kind)
		set.True(v1alpha1.ConditionStalled, c.Reason, c.Message)
		return
	}
	set.Remove(v1alpha1.ConditionStalled)
}
