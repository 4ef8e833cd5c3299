// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// overBudget looks whether the budgets of environment and source have enough left, before the forge and the board are asked. What
// decides is the lock table, when the lock is acquired; this only spares calls for every item that waits.
func (s *lockStep) overBudget(ctx context.Context, try *attemptToLock) (reconcile.Result, error) {
	if try.item.AttemptActive() {
		return reconcile.Done(), nil // a lock that was acquired has drawn already
	}
	env, err := s.access.Environment(ctx, try.item)
	if apierrors.IsNotFound(err) {
		return reconcile.Done(), nil // acceptance says so
	}
	if err != nil {
		return reconcile.Result{}, err
	}
	source, err := s.access.Source(ctx, try.item)
	if apierrors.IsNotFound(err) {
		return reconcile.Done(), nil
	}
	if err != nil {
		return reconcile.Result{}, err
	}
	drawings := policy.Drawings(s.clock.Now(), env, source, "")
	if len(drawings) == 0 {
		return reconcile.Done(), nil
	}
	table, err := s.access.EnvironmentTable(ctx, env)
	if err != nil {
		return reconcile.Result{}, err
	}
	drawn, err := table.Drawn(ctx, keysOf(drawings), locks.NextID(try.item))
	if err != nil {
		return reconcile.Result{}, err
	}
	reserve := policy.Reserve(try.item, env, source)
	d, over := policy.OverBudget(drawings, drawn, reserve)
	if !over || drawn[d.Key].Own { // acquired before a crash: it has drawn already
		return reconcile.Done(), nil
	}
	return s.waitForBudget(try, d, drawn[d.Key], reserve), nil
}

func keysOf(drawings []policy.Drawing) []string {
	keys := make([]string, len(drawings))
	for i, d := range drawings {
		keys[i] = d.Key
	}
	return keys
}

// exhausted is a lock that was refused because a budget has not enough left.
func (s *lockStep) exhausted(try *attemptToLock, refusal *lock.Refusal) reconcile.Result {
	for _, d := range try.drawings {
		if d.Key == refusal.Row.Key {
			return s.waitForBudget(try, d, refusal.Drawn, try.reserve)
		}
	}
	return s.refused(try.item, v1alpha1.ReasonBudgetExhausted, refusal.Message)
}

// waitForBudget has others go first until the budget may have enough again.
func (s *lockStep) waitForBudget(try *attemptToLock, d policy.Drawing, drawn lock.Drawn, reserve contract.Usage) reconcile.Result {
	try.after = policy.BudgetAgain(s.clock.Now(), d)
	m := policy.BudgetMiss(d, drawn, reserve)
	return s.refused(try.item, m.Reason, m.Message)
}

// triggerCap bounds the triggers of a card whose board confirms them. What people trigger themselves is not bounded.
func triggerCap(now time.Time, source *v1alpha1.WorkSource, cardKey string) *lock.TriggerCap {
	if source == nil || !contract.IsBoardCard(cardKey) {
		return nil
	}
	return &lock.TriggerCap{
		Key: contract.TriggersKey(cardKey, now), Most: source.Spec.MaxTriggersPerDay(), DeleteAt: contract.NextDay(now).Add(keepTriggers),
	}
}

// keepTriggers is how long the triggers of a day are kept, for people to look at.
const keepTriggers = 7 * 24 * time.Hour

// use adds what an attempt used to what the item says that it used.
func use(item *v1alpha1.WorkItem, used contract.Usage) {
	if used == (contract.Usage{}) {
		return
	}
	u := item.Status.Usage
	if u == nil {
		u = &v1alpha1.Usage{}
		item.Status.Usage = u
	}
	u.Builds += used.Builds
	u.Minutes += used.Minutes()
	u.Credits = policy.AddCredits(u.Credits, used.Millicredits)
}

// settleUnseen settles an attempt that no build is known of. One that came and went unseen has left its result; one that may have come
// counts as a build.
func settleUnseen(ctx context.Context, table lock.Acquirer, item *v1alpha1.WorkItem, outcome policy.Outcome, came bool, now time.Time) error {
	used := policy.Used(item.Status.Attempt, outcome.Result, now)
	if came {
		used.Builds = 1
	}
	if err := locks.Settle(ctx, table, item.Status.Attempt, used); err != nil {
		return err
	}
	use(item, used)
	return nil
}
