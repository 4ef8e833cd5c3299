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

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// The three ends of a poll. Each decides when the next one is due.

// complete: the whole board was read and acted on.
func (r *Reconciler) complete(source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment, began time.Time, result pollResult) reconcile.Result {
	now, skipped := r.clock.Now(), tallyOf(result.skipped)
	last, next := metav1.NewTime(began), metav1.NewTime(nextPoll(began, now, source.Spec.PollInterval(environment), r.random()))
	status := &source.Status
	status.LastPollTime, status.NextPollTime = &last, &next
	status.Cards = &v1alpha1.CardCounts{Seen: count(result.seen), Eligible: count(result.eligible), Skipped: skipped.total()}
	status.Skipped = skipped.status()
	set := conditionsOf(source, began)
	set.True(v1alpha1.ConditionBoardReachable, v1alpha1.ReasonPolled, "The last poll read the whole board.")
	set.Remove(v1alpha1.ConditionStalled)
	r.metrics.polled(source, resultComplete, now.Sub(began))
	return reconcile.WaitFor(next.Sub(now))
}

// failed: the board could not be read as a whole, or is not what the spec says. Nothing was made or withdrawn because of
// the part that was read.
func (r *Reconciler) failed(source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment, began time.Time, failure error) reconcile.Result {
	set := conditionsOf(source, began)
	kind, result := v1alpha1.ConditionBoardReachable, resultFailed
	var asked time.Duration
	w, isWait := fault.AsWait(failure)
	var absent *board.NotFoundError
	switch {
	case errors.As(failure, &absent):
		kind = v1alpha1.ConditionBoardResolved
		source.Status.Board = nil
		set.False(kind, absentReasons[absent.Part], fault.Message(failure))
	case isWait:
		asked, result = w.After, resultWaited
		set.Unknown(kind, conditions.Reason(failure), fault.Message(failure))
	default:
		set.False(kind, failureReason(failure), failureMessage(source, failure))
		if fault.CodeOf(failure) == fault.CodeNotFound {
			source.Status.Board = nil // its ids are not valid any more
		}
	}
	setStalled(set, failure, kind)

	now := r.clock.Now()
	after := retryAfter(now, set.Get(kind), source.Spec.PollInterval(environment), asked)
	next := metav1.NewTime(now.Add(after))
	source.Status.NextPollTime = &next
	r.metrics.polled(source, result, now.Sub(began))
	return reconcile.WaitFor(after)
}

// interrupted: Kubernetes refused a read or a write. Its error goes to the queue's backoff; the board, which was asked
// already, is not asked again at that pace.
func (r *Reconciler) interrupted(source *v1alpha1.WorkSource, began time.Time) {
	now := r.clock.Now()
	next := metav1.NewTime(now.Add(soonestRetry))
	source.Status.NextPollTime = &next
	r.metrics.polled(source, resultFailed, now.Sub(began))
}

// recordRateLimit records what is left of the credentials' budget.
func recordRateLimit(source *v1alpha1.WorkSource, limit board.RateLimit) {
	if !limit.Known {
		return
	}
	source.Status.RateLimit = &v1alpha1.RateLimit{Remaining: count(limit.Remaining)}
	if !limit.ResetAt.IsZero() {
		at := metav1.NewTime(limit.ResetAt)
		source.Status.RateLimit.ResetAt = &at
	}
}

var absentReasons = map[board.Part]string{
	board.PartBoard:       v1alpha1.ReasonBoardNotFound,
	board.PartStatusField: v1alpha1.ReasonStatusFieldNotFound,
	board.PartReadyStatus: v1alpha1.ReasonReadyStatusNotFound,
}

// failureReason is the error's own reason, or else that the poll did not complete.
func failureReason(err error) string {
	if reason := conditions.Reason(err); reason != v1alpha1.ReasonError {
		return reason
	}
	return v1alpha1.ReasonPollIncomplete
}

func failureMessage(source *v1alpha1.WorkSource, failure error) string {
	if errors.Is(failure, context.DeadlineExceeded) {
		return fmt.Sprintf("The poll took longer than spec.pollTimeout (%s). Raise it, or narrow the board with spec.github.query. Nothing was made or withdrawn.",
			source.Spec.PollDeadline())
	}
	return strings.TrimRight(fault.Message(failure), ".") + ". Nothing was made or withdrawn; it is tried again automatically."
}

// setStalled says that a person has to act, which is so after a terminal error and only then.
func setStalled(set conditions.Set, err error, kind string) {
	if fault.IsTerminal(err) {
		c := set.Get(kind)
		set.True(v1alpha1.ConditionStalled, c.Reason, c.Message)
		return
	}
	set.Remove(v1alpha1.ConditionStalled)
}
