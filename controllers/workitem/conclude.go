// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/reporting"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// concludeStep finds the outcome, releases the lock if the build could not, decides on another attempt, and has the
// outcome reported.
type concludeStep struct {
	access     access.Access
	clock      clock.PassiveClock
	random     func() float64
	metrics    *Metrics
	traces     *tracing.Exporter
	watcher    *watch.Watcher
	dispatcher *dispatch.Dispatcher
	reporter   *reporting.Reporter
}

// Condition implements reconcile.Step.
func (s *concludeStep) Condition() string { return v1alpha1.ConditionConcluded }

// Reconcile implements reconcile.Step.
func (s *concludeStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	now := s.clock.Now()
	set := conditionsOf(now, item)
	if set.IsTrue(v1alpha1.ConditionConcluded) {
		return reconcile.Done(), nil
	}
	if !item.Finished() {
		again, err := s.settle(ctx, item)
		if err != nil || again {
			return reconcile.WaitFor(policy.Soon), err
		}
	}
	if !item.DeletionTimestamp.IsZero() {
		set.True(v1alpha1.ConditionConcluded, v1alpha1.ReasonDeleted, "The item was deleted; nothing is reported.")
		return reconcile.Done(), nil
	}
	if err := s.reporter.Ended(ctx, item); err != nil {
		if now.Sub(item.Status.CompletionTime.Time) < policy.ConcludeWindow {
			return reconcile.Result{}, fault.NewWait(policy.ConcludeAgain, fault.CodeOf(err), err)
		}
		set.True(v1alpha1.ConditionConcluded, v1alpha1.ReasonConcludingOverdue, "The outcome could not be reported everywhere, and is not reported again: "+
			fault.Message(err)+" Move the card by hand, and check the environment's notifications.")
		return reconcile.Done(), nil
	}
	set.True(v1alpha1.ConditionConcluded, v1alpha1.ReasonReported, "The lock is free and the outcome was reported.")
	return reconcile.Done(), nil
}

// settle finds the attempt's outcome and releases its lock. It reports whether the item goes back into the queue, or to
// the watch of another build.
func (s *concludeStep) settle(ctx context.Context, item *v1alpha1.WorkItem) (again bool, err error) {
	a := item.Status.Attempt
	table, err := s.access.Table(ctx, item)
	if err != nil {
		return false, err
	}
	row, card, err := locks.Read(ctx, table, a)
	if err != nil {
		return false, err
	}
	if row.LockID == a.LockID && row.Status == contract.StatusInProgress && row.BuildID != "" && row.BuildID != a.Build.ARN {
		// Another build of this attempt won the claim: that one is the attempt's.
		a.Build = &v1alpha1.BuildStatus{ID: build.Reference(row.BuildID).Name(), ARN: row.BuildID}
		conditionsOf(s.clock.Now(), item).Unknown(v1alpha1.ConditionBuildFinished, v1alpha1.ReasonRunning, "Another build of the attempt holds the lock, and runs.")
		return true, nil
	}
	env, err := s.access.Environment(ctx, item)
	if client.IgnoreNotFound(err) != nil {
		return false, err
	}
	if env == nil {
		env = &v1alpha1.WorkEnvironment{} // its deletion does not keep an attempt from its end
	}
	facts := policy.FactsOf(a, row, card)
	outcome := policy.ClassifyRequested(facts, policy.StopRequested(item, env))
	if policy.StopRequested(item, env) == nil && !a.Last {
		outcome = policy.StandsStill(item, outcome)
	}
	switch {
	case facts.Row == policy.RowInProgress:
		err = s.release(ctx, table, a, row, outcome)
	case facts.Row == policy.RowFailed && policy.ProcessesTrigger(a, outcome) && card.LockID != a.LockID:
		err = s.record(ctx, table, a, outcome)
	}
	if err != nil {
		return false, err
	}
	used := policy.Used(a, outcome.Result, s.clock.Now())
	if err := locks.Settle(ctx, table, a, used); err != nil {
		return false, err
	}
	use(item, used)
	s.dispatcher.Released(item.UID, a)
	s.watcher.Forget(client.ObjectKeyFromObject(item))
	s.metrics.noteAttempt(item, outcome, s.clock.Now())
	s.metrics.noteTrace(s.traces, item, outcome, s.clock.Now())
	return s.retryOrFinish(item, env, outcome), nil
}

// releaser is what of the lock table releasing needs.
type releaser interface {
	lock.Holder
	lock.Acquirer
}

// release releases the lock of a build that is over and did not do so itself.
func (s *concludeStep) release(ctx context.Context, table releaser, a *v1alpha1.Attempt, row lock.Row, outcome policy.Outcome) error {
	now := s.clock.Now()
	if row.BuildID == "" {
		if err := table.Abandon(ctx, row, now); err != nil {
			return fmt.Errorf("abandoning the lock of a build that never claimed it: %w", err)
		}
		return nil
	}
	ending, err := endingOf(a, outcome)
	if err != nil {
		return err
	}
	if err := table.Release(ctx, locks.Of(a), a.Build.ARN, now, ending); err != nil {
		return fmt.Errorf("releasing the lock of a build that is over: %w", err)
	}
	return nil
}

// record writes the card's row for an attempt whose lock was released without it: the build could not know that its
// interruption was a time-out, or another controller reclaimed the lock. Without the record another cluster would do the
// work again. If the lock's rows prove nothing any more, the next attempt has them, and it is too late.
func (s *concludeStep) record(ctx context.Context, table lock.Holder, a *v1alpha1.Attempt, outcome policy.Outcome) error {
	ending, err := endingOf(a, outcome)
	if err != nil {
		return err
	}
	err = table.Release(ctx, locks.Of(a), a.Build.ARN, s.clock.Now(), ending)
	switch {
	case locks.IsRefusal(err):
		logging.Warn(log.FromContext(ctx), "Could not record that the trigger is processed", logging.KeyError, fault.Message(err))
	case err != nil:
		return fmt.Errorf("recording that the trigger is processed: %w", err)
	}
	return nil
}

// endingOf is how the controller releases the lock of an attempt that failed.
func endingOf(a *v1alpha1.Attempt, outcome policy.Outcome) (lock.Ending, error) {
	var r contract.Result
	if outcome.Result != nil {
		r = *outcome.Result
	}
	r.Outcome, r.Message = outcome.Name, outcome.Message
	text, err := r.Encode()
	if err != nil {
		return lock.Ending{}, err
	}
	ending := lock.Ending{Status: contract.StatusFailed, Outcome: r.Outcome, Result: text}
	if policy.ProcessesTrigger(a, outcome) {
		ending.Trigger = &a.Trigger.Time
	}
	return ending, nil
}

// retryOrFinish has another attempt follow, or ends the item.
func (s *concludeStep) retryOrFinish(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, outcome policy.Outcome) (again bool) {
	now := s.clock.Now()
	next := policy.AfterAttempt(item, env, outcome, s.random)
	item.Status.Retries = next.Counts
	if next.Again {
		requeue(item, outcome, true, now.Add(next.After), now)
		return true
	}
	endAttempt(item, outcome, now)
	finish(item, next.Outcome, now)
	return false
}
