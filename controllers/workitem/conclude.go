// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

const (
	// concludeAgain is how soon those who could not be told are told again.
	concludeAgain = 15 * time.Second
	// concludeWindow is how long that is tried. After it the item is concluded all the same, and says who was not
	// told.
	concludeWindow = 10 * time.Minute
)

// concludeStep finds the outcome, frees the lock if the build could not, decides on another attempt, and tells.
type concludeStep struct {
	deps
	watcher *watch.Watcher
}

// condition implements step.
func (s *concludeStep) condition() string { return v1alpha1.ConditionConcluded }

// Reconcile implements step.
func (s *concludeStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	now := s.clock.Now()
	set := conditionsOf(now, item)
	if set.IsTrue(v1alpha1.ConditionConcluded) {
		return waitFor(0), nil
	}
	if !item.Finished() {
		again, err := s.settle(ctx, item)
		if err != nil || again {
			return waitFor(time.Second), err
		}
	}
	if !item.DeletionTimestamp.IsZero() {
		set.True(v1alpha1.ConditionConcluded, v1alpha1.ReasonDeleted, "The item was deleted; nobody is told.")
		return waitFor(0), nil
	}
	if err := s.tell(ctx, item); err != nil {
		if now.Sub(item.Status.CompletionTime.Time) < concludeWindow {
			return result{}, fault.NewWait(concludeAgain, fault.CodeOf(err), err)
		}
		set.True(v1alpha1.ConditionConcluded, v1alpha1.ReasonConcludingOverdue, "Concluded, but not everybody could be told, and it is not tried any more: "+
			fault.Message(err)+" Move the card by hand, and see whether the environment's notifications are right.")
		return waitFor(0), nil
	}
	set.True(v1alpha1.ConditionConcluded, v1alpha1.ReasonReported, "The lock is free and the outcome was told.")
	return waitFor(0), nil
}

// settle finds the attempt's outcome and frees its lock. It reports whether the item goes back into the queue.
func (s *concludeStep) settle(ctx context.Context, item *v1alpha1.WorkItem) (again bool, err error) {
	a := item.Status.Attempt
	table, err := s.table(ctx, item)
	if err != nil {
		return false, err
	}
	card, err := table.Card(ctx, a.Parameters.CardKey)
	if err != nil {
		return false, fmt.Errorf("reading the card's record: %w", err)
	}
	row, err := branchRow(ctx, table, a)
	if err != nil {
		return false, err
	}
	if row.LockID == a.LockID && row.Status == contract.StatusInProgress && row.BuildID != "" && row.BuildID != a.Build.ARN {
		// Another build of this attempt won the claim: that one is the attempt's.
		a.Build = &v1alpha1.BuildStatus{ID: build.Reference(row.BuildID).Name(), ARN: row.BuildID}
		conditionsOf(s.clock.Now(), item).Unknown(v1alpha1.ConditionBuildFinished, v1alpha1.ReasonRunning, "The build that holds the lock runs.")
		return true, nil
	}
	env, err := s.environment(ctx, item)
	if client.IgnoreNotFound(err) != nil {
		return false, fmt.Errorf("reading the environment: %w", err)
	}
	e := gather(a, row, card)
	v := s.verdict(item, env, e)
	switch {
	case e.row == rowInProgress:
		err = s.free(ctx, table, item, row, v)
	case e.row == rowFailed && settlesTrigger(a, v) && card.LockID != a.LockID:
		err = s.record(ctx, table, item, v)
	}
	if err != nil {
		return false, err
	}
	s.watcher.Forget(client.ObjectKeyFromObject(item))
	s.metrics.attempts.WithLabelValues(v.outcome).Inc()
	return s.retryOrFinish(item, env, v), nil
}

// verdict is the attempt's end. A person's wish counts even if it came after the build had ended, or if the build could
// not be asked to stop: what the infrastructure failed at then is not tried again, and is nobody's failure.
func (s *concludeStep) verdict(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, e evidence) verdict {
	wish := stopWanted(item, env)
	if wish != nil {
		e.stop = wish.reason
	}
	v := judge(e)
	if wish != nil && v.outcome == wish.reason {
		v.message = wish.message
	}
	return v
}

// settlesTrigger reports whether an end processes the trigger.
func settlesTrigger(a *v1alpha1.Attempt, v verdict) bool {
	return v.class == contract.ClassWork && a.Last
}

// free gives back the lock of a build that is over and did not do so itself.
func (s *concludeStep) free(ctx context.Context, table lock.Table, item *v1alpha1.WorkItem, row lock.Row, v verdict) error {
	a := item.Status.Attempt
	now := s.clock.Now()
	if row.BuildID == "" {
		if err := table.Abandon(ctx, row, now); err != nil {
			return fmt.Errorf("abandoning the lock of a build that never claimed it: %w", err)
		}
		return nil
	}
	ending, err := endingOf(a, v)
	if err != nil {
		return err
	}
	if err := table.Release(ctx, lockOf(a), a.Build.ARN, now, ending); err != nil {
		return fmt.Errorf("releasing the lock of a build that is over: %w", err)
	}
	return nil
}

// record writes the card's row for an attempt whose lock was given back without it: the build could not know that its
// interruption was a time-out, or another controller reclaimed the lock. Without the record another cluster would do the
// work again. If the lock's rows prove nothing any more, the next attempt has them, and it is too late.
func (s *concludeStep) record(ctx context.Context, table lock.Holder, item *v1alpha1.WorkItem, v verdict) error {
	a := item.Status.Attempt
	ending, err := endingOf(a, v)
	if err != nil {
		return err
	}
	err = table.Release(ctx, lockOf(a), a.Build.ARN, s.clock.Now(), ending)
	switch {
	case isRefusal(err):
		log.FromContext(ctx).Info("Could not record that the trigger is processed", keyError, fault.Message(err))
	case err != nil:
		return fmt.Errorf("recording that the trigger is processed: %w", err)
	}
	return nil
}

// endingOf is how the controller gives back the lock of an attempt that failed.
func endingOf(a *v1alpha1.Attempt, v verdict) (lock.Ending, error) {
	r := valueOr(v.result, contract.Result{})
	r.Outcome, r.Message = contract.Outcome(v.outcome), v.message
	text, err := r.Encode()
	if err != nil {
		return lock.Ending{}, err
	}
	ending := lock.Ending{Status: contract.StatusFailed, Outcome: r.Outcome, Result: text}
	if settlesTrigger(a, v) {
		ending.Trigger = &a.Trigger.Time
	}
	return ending, nil
}

// retryOrFinish decides whether another attempt follows. None does where a person wants an end, whatever failed.
func (s *concludeStep) retryOrFinish(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, v verdict) (again bool) {
	now := s.clock.Now()
	counts := &item.Status.Retries
	switch {
	case stopWanted(item, env) != nil || v.class == contract.ClassNone:
	case v.class == contract.ClassWork && !item.Status.Attempt.Last:
		counts.Work++
		requeue(item, v.outcome, v.message, true, now.Add(policyOf(env.Spec.Retry.Work, contract.RetryWork).Backoff(int(counts.Work), s.random())), now)
		return true
	case v.class == contract.ClassInfrastructure:
		policy := policyOf(env.Spec.Retry.Infrastructure, contract.RetryInfrastructure)
		counts.Infrastructure++
		if int(counts.Infrastructure) < policy.Tries {
			requeue(item, v.outcome, v.message, true, now.Add(policy.Backoff(int(counts.Infrastructure), s.random())), now)
			return true
		}
		v.message = fmt.Sprintf("The infrastructure failed %d times, the last as %s: %s Move the card away and back to go on.", counts.Infrastructure, v.outcome, v.message)
		endAttempt(item, v.outcome, now)
		v.outcome = v1alpha1.ReasonRetriesExhausted
	}
	finish(item, v, now)
	return false
}

// finish records the item's last word. An attempt that is still open, because giving its lock back had failed, ends with
// it: left open it would hold its branch and a slot against others in the queue for ever.
func finish(item *v1alpha1.WorkItem, v verdict, now time.Time) {
	endAttempt(item, v.outcome, now)
	set := conditionsOf(now, item)
	if v.outcome == v1alpha1.ReasonSucceeded {
		set.True(v1alpha1.ConditionSucceeded, v.outcome, v.message)
	} else {
		set.False(v1alpha1.ConditionSucceeded, v.outcome, v.message)
	}
	t := metav1.NewTime(now)
	item.Status.CompletionTime = &t
	item.Status.Queue = nil
	item.Status.Result = resultOf(item, v.result)
}

// alreadyDone takes over what is recorded of a trigger that was processed elsewhere, or before this object was
// made.
func alreadyDone(item *v1alpha1.WorkItem, card lock.CardRow, now time.Time) {
	v := verdict{outcome: v1alpha1.ReasonAlreadyDone, message: fmt.Sprintf(
		"This trigger was processed already, as %s. Move the card away and back to have it worked on again.", cut(string(card.Outcome), 64))}
	r, err := contract.ParseResult(card.Result)
	if err == nil {
		v.result = &r
	}
	finish(item, v, now)
	if err == nil && card.Outcome == contract.OutcomeSucceeded && r.Succeeded() {
		conditionsOf(now, item).True(v1alpha1.ConditionSucceeded, v1alpha1.ReasonAlreadyDone, v.message)
	}
}

// resultOf is the result as the status shows it.
func resultOf(item *v1alpha1.WorkItem, r *contract.Result) *v1alpha1.Result {
	out := &v1alpha1.Result{}
	if accepted := item.Status.Accepted; accepted != nil {
		out.PullRequestURL = accepted.PullRequestURL
	}
	if a := item.Status.Attempt; a != nil && a.Build != nil {
		out.LogsURL = a.Build.LogsURL
	}
	if r == nil {
		return out
	}
	out.Commit, out.ArtifactsURL = cut(r.Commit, 64), cut(r.ArtifactsURL, 1024)
	out.Tests, out.Coverage = testsOf(*r), coverageOf(*r)
	return out
}
