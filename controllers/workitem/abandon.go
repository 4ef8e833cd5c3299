// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// lookAndAbandon ends a start that nothing is known of: first the lock's row is asked, then the project's recent builds,
// and only then is the attempt abandoned. If a build claims the lock in the meantime, it has won.
func (s *startStep) lookAndAbandon(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	a := item.Status.Attempt
	service, err := s.access.Builds(ctx, item)
	if err != nil {
		return reconcile.Result{}, err
	}
	table, err := s.access.Table(ctx, item)
	if err != nil {
		return reconcile.Result{}, err
	}
	row, err := locks.BranchRow(ctx, table, a)
	if err != nil {
		return reconcile.Result{}, err
	}
	ours := row.LockID == a.LockID && row.Fence == a.Fence
	switch {
	case ours && row.BuildID != "":
		return s.adopt(ctx, item, service, build.Reference(row.BuildID))
	case !ours || row.Status != contract.StatusInProgress:
		return s.lockLost(ctx, item, table, !ours)
	}
	message := fmt.Sprintf("No build could be started within %s.", contract.Duration(policy.StartWindow))
	recent, err := service.Recent(ctx, a.Parameters.ProjectName, a.IntentTime.Add(-policy.LookBack))
	switch {
	case fault.IsTerminal(err):
		// Who may not list builds may never be allowed to. A lock that can be abandoned is one that no build can
		// claim any more, so a build that was started unseen will do nothing: only its start is wasted.
		message += " Whether one was started unseen could not be checked: " + fault.Message(err)
	case err != nil:
		return reconcile.Result{}, fmt.Errorf("looking for the attempt's build: %w", err)
	}
	if b, ok := buildOf(recent, a.LockID); ok {
		return s.claim(ctx, item, service, b)
	}
	err = locks.Abandon(ctx, table, a, s.clock.Now())
	switch {
	case errors.Is(err, locks.ErrClaimed), locks.IsRefusal(err):
		return reconcile.WaitFor(policy.Soon), nil // a build came first; the next look finds it
	case err != nil:
		return reconcile.Result{}, err
	}
	if err := locks.Settle(ctx, table, a, contract.Usage{}); err != nil {
		return reconcile.Result{}, err // the next look finds the lock lost, and settles
	}
	s.dispatcher.Released(item.UID, a)
	return s.abandoned(item, message), nil
}

// lockLost ends an attempt whose lock is free, or another's, before it knew of a build. A build that came unseen may have
// processed the trigger by then: another attempt would find that out too, but an item that is withdrawn while it waits for
// one would not. came is false if no build can have come: nobody has claimed the lock.
func (s *startStep) lockLost(ctx context.Context, item *v1alpha1.WorkItem, table locks.Abandoner, came bool) (reconcile.Result, error) {
	outcome, recorded, err := recordedOutcome(ctx, table, item.Status.Attempt)
	if err != nil {
		return reconcile.Result{}, err
	}
	if err := settleUnseen(ctx, table, item, outcome, came, s.clock.Now()); err != nil {
		return reconcile.Result{}, err
	}
	if recorded {
		finish(item, outcome, s.clock.Now())
		return reconcile.Done(), nil
	}
	return s.abandoned(item, "The lock was lost before a build claimed it."), nil
}

// abandoned puts the item back into the queue. An attempt without a build counts for nothing.
func (s *startStep) abandoned(item *v1alpha1.WorkItem, message string) reconcile.Result {
	now := s.clock.Now()
	if c := item.Condition(v1alpha1.ConditionBuildStarted); c.Type != "" && c.Reason != v1alpha1.ReasonProgressing {
		message += " " + c.Message
	}
	notBefore := now.Add(jitter(policy.AbandonedAgain(item), s.random))
	outcome := policy.Outcome{Name: contract.OutcomeAbandoned, Message: message}
	s.metrics.noteAttempt(item, outcome, now)
	requeue(item, outcome, false, notBefore, now)
	return reconcile.WaitFor(policy.Soon)
}

// buildOf is the first build that was started for a lock. Builds come newest first.
func buildOf(recent []build.Build, lockID string) (build.Build, bool) {
	for i := len(recent) - 1; i >= 0; i-- {
		if recent[i].LockID == lockID {
			return recent[i], true
		}
	}
	return build.Build{}, false
}
