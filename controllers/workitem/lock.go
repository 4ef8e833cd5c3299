// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/freeze"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/garbagecollection"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// lockStep acquires the slot that the item was granted and the branch together.
type lockStep struct {
	access     access.Access
	clock      clock.PassiveClock
	random     func() float64
	cluster    string
	accept     *acceptStep
	collector  *garbagecollection.Collector
	dispatcher *dispatch.Dispatcher
	// traced: attempts are told as traces, and their builds are to join them.
	traced bool
}

// Condition implements reconcile.Step.
func (s *lockStep) Condition() string { return v1alpha1.ConditionLocked }

// attemptToLock is one use of a grant.
type attemptToLock struct {
	item *v1alpha1.WorkItem
	env  *v1alpha1.WorkEnvironment
	slot string // its key
	// source is the item's; nil for one made by hand.
	source *v1alpha1.WorkSource
	// drawings are the budgets that the attempt draws from, and reserve what it sets aside in each.
	drawings []policy.Drawing
	reserve  contract.Usage
	// reason and after say, if the lock is not acquired, what the queue is told: what was in the way, and how long others
	// go first.
	reason queue.Refusal
	after  time.Duration
}

// Reconcile implements reconcile.Step. The queue hears of each end, or the slot would stay idle until the grant ends.
func (s *lockStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	if item.Finished() || (item.AttemptActive() && item.Status.Attempt.IntentTime != nil) {
		return reconcile.Done(), nil
	}
	place := s.dispatcher.Place(item.UID)
	if !place.Granted && !item.AttemptActive() {
		return waitForGrant(s.clock.Now(), item, place), nil // the grant ended between two steps
	}
	try := &attemptToLock{item: item, after: queue.RefusalWait.Backoff(place.Grant.Refusals+1, s.random())}
	result, err := s.acquire(ctx, try, place.Grant.Slot)
	if err != nil || !result.IsDone() || item.Finished() {
		s.dispatcher.Refused(item.UID, try.reason, s.clock.Now().Add(try.after))
	}
	return result, err
}

func (s *lockStep) acquire(ctx context.Context, try *attemptToLock, slot int) (reconcile.Result, error) {
	item := try.item
	if result, err := s.overBudget(ctx, try); err != nil || !result.IsDone() {
		return result, err
	}
	if !policy.FreshlyAccepted(s.clock.Now(), item) {
		if result, err := s.accept.ask(ctx, item); err != nil || !result.IsDone() {
			return result, err
		}
	}
	var err error
	if try.env, err = s.access.Environment(ctx, item); err != nil {
		return reconcile.Result{}, err
	}
	table, err := s.access.EnvironmentTable(ctx, try.env)
	if err != nil {
		return reconcile.Result{}, err
	}
	// All that can fail without the lock is done before it is acquired.
	forgeURL, err := s.access.ForgeURL(ctx, item, try.env)
	if err != nil {
		return reconcile.Result{}, err
	}
	if try.slot = contract.SlotKey(try.env.Status.ProjectARN, slot); item.AttemptActive() {
		try.slot = item.Status.Attempt.Parameters.SlotKey
	}
	prompt, err := freeze.Prompt(ctx, s.access.Prompts, try.env)
	if err != nil && !fault.IsTerminal(err) {
		return reconcile.Result{}, err
	}
	followUp, unread := s.access.FollowUp(ctx, item)
	if unread != nil {
		return reconcile.Result{}, unread
	}
	var parameters string
	if err == nil {
		document := freeze.With(freeze.Of(&try.env.Spec, item.Spec.BuildTimeout(&try.env.Spec), forgeURL, prompt), item)
		document.FollowUp = followUp
		parameters, _, err = document.Encode()
	}
	if err != nil {
		return s.refused(item, v1alpha1.ReasonInvalidConfiguration, fault.Message(err)), nil
	}
	if try.source, err = s.access.Source(ctx, item); err != nil {
		return reconcile.Result{}, err
	}
	keys, err := cardKeysOf(ctx, s.access, item, try.source, try.env)
	if err != nil {
		return reconcile.Result{}, err
	}
	request := s.request(try, keys, parameters)
	held, err := table.Acquire(ctx, request)
	if err != nil {
		return s.notAcquired(ctx, try, table, err)
	}
	s.dispatcher.Acquired(item, try.env.Status.ProjectARN, held)
	return s.acquired(ctx, try, table, request, held, keys)
}

func (s *lockStep) request(try *attemptToLock, keys cardKeys, parameters string) lock.Request {
	now, item, env := s.clock.Now(), try.item, try.env
	try.drawings, try.reserve = policy.Drawings(now, env, try.source, keys.identity), policy.Reserve(item, env, try.source)
	return lock.Request{
		LockID: locks.NextID(item), WorkItemID: s.cluster + "/" + item.Namespace + "/" + item.Name, Holder: string(item.UID),
		Attempt: locks.NextNumber(item), ProjectARN: env.Status.ProjectARN, SlotKey: try.slot,
		Reserve: try.reserve, Draws: policy.Draws(try.drawings), TriggerCap: triggerCap(now, try.source, keys.record),
		BranchKey: locks.BranchKey(item), CardKey: keys.record, Parameters: parameters, Trigger: item.Status.ObservedTrigger.Time,
		ExpiresAt: now.Add(env.Spec.LeaseDuration()), Now: now,
	}
}

// acquired looks at the slots a second time. Two controllers that both saw the last free slot have both acquired one by
// now; whoever sees too many releases its own, at a random time that differs from the other's.
func (s *lockStep) acquired(
	ctx context.Context, try *attemptToLock, table locks.Abandoner, request lock.Request, held lock.Lock, keys cardKeys,
) (reconcile.Result, error) {
	now, item, env := s.clock.Now(), try.item, try.env
	attempt := attemptOf(item, env, held, s.traced)
	if keys.identity != keys.record {
		attempt.Parameters.CardIdentity = keys.identity
	}
	slots, err := items.ReadSlots(ctx, table, env.Status.ProjectARN)
	if err != nil {
		return reconcile.Result{}, err
	}
	switch {
	case held.Parameters != request.Parameters || held.CardKey != request.CardKey:
		// Acquired before a crash. That its row says something else now may be because the environment was changed, or
		// because somebody who may write the table wants to choose what the build does. Neither is worth telling apart.
		return s.release(ctx, try, table, attempt, "The lock's row holds other parameters than the environment gives now.")
	case !slots.Has(held.SlotKey):
		// Acquired before a crash, for the project that the environment named then. Its slot bounds nothing here.
		return s.release(ctx, try, table, attempt, "The environment's project has changed since the lock was acquired.")
	case queue.Overdrawn(slots.Held(), env.Spec.MaxConcurrency()):
		try.reason = queue.RefusedSlot
		return s.release(ctx, try, table, attempt, "Too many slots were in use after one was acquired.")
	}
	item.Status.Attempt, item.Status.Queue = &attempt, nil
	if item.Status.StartTime == nil {
		t := metav1.NewTime(now)
		item.Status.StartTime = &t
	}
	conditionsOf(now, item).True(v1alpha1.ConditionLocked, v1alpha1.ReasonLockAcquired, fmt.Sprintf(
		"Attempt %d holds its slot and the branch, fence %d.", attempt.Number, attempt.Fence))
	return reconcile.Done(), nil
}

// release abandons a lock that no build was started for. The attempt is recorded once it is over: one that is recorded as
// active, and could not be released, would never be granted a slot again.
func (s *lockStep) release(ctx context.Context, try *attemptToLock, table locks.Abandoner, attempt v1alpha1.Attempt, why string) (reconcile.Result, error) {
	item := try.item
	if err := locks.Abandon(ctx, table, &attempt, s.clock.Now()); err != nil {
		return reconcile.Result{}, fmt.Errorf("releasing the lock: %w", err)
	}
	if err := locks.Settle(ctx, table, &attempt, contract.Usage{}); err != nil {
		return reconcile.Result{}, err // the lock is over, which the next try finds, and settles
	}
	item.Status.Attempt = &attempt
	s.dispatcher.Released(item.UID, item.Status.Attempt)
	now := s.clock.Now()
	requeue(item, policy.Outcome{Name: contract.OutcomeAbandoned, Message: why}, false, now.Add(jitter(policy.HeldRecheck, s.random)), now)
	return reconcile.WaitFor(policy.Soon), nil
}

// notAcquired says why the lock was refused.
func (s *lockStep) notAcquired(ctx context.Context, try *attemptToLock, table garbagecollection.Table, err error) (reconcile.Result, error) {
	var refusal *lock.Refusal
	if !errors.As(err, &refusal) {
		return reconcile.Result{}, err // the table says what it was doing
	}
	now, item := s.clock.Now(), try.item
	switch {
	case errors.Is(err, lock.ErrAlreadyDone):
		finishAlreadyDone(item, refusal.Card, now)
		return reconcile.Done(), nil
	case errors.Is(err, lock.ErrAttemptOver):
		// Acquired by us before a crash, and ended since: its number is used up. What it has set aside is given back, unless a
		// build has claimed it: then a status that is not seen yet knows of that attempt, and its conclusion settles it.
		if refusal.Row.BuildID == "" {
			if err := table.Settle(ctx, refusal.Row.Budgets(), refusal.Row.LockID, contract.Usage{}); err != nil {
				return reconcile.Result{}, err
			}
		}
		consume(item, try.env, refusal.Row, now)
		s.dispatcher.Released(item.UID, item.Status.Attempt)
		return reconcile.WaitFor(policy.Soon), nil
	case errors.Is(err, lock.ErrBudgetExhausted):
		return s.exhausted(try, refusal), nil
	case errors.Is(err, lock.ErrTriggerLimit):
		try.after = policy.TriggerAgain(now)
		m := policy.TriggerMiss(now, item, try.source.Spec.MaxTriggersPerDay())
		return s.refused(item, m.Reason, m.Message), nil
	case errors.Is(err, lock.ErrForeign):
		try.reason = refusalOf(refusal.Row)
		return s.refused(item, v1alpha1.ReasonForeignRow, refusal.Message), nil
	}
	freed, err := s.collector.Free(ctx, item, try.env, table, refusal.Row)
	switch {
	case err != nil:
		return reconcile.Result{}, err
	case freed:
		try.after = policy.Soon
		return s.refused(item, v1alpha1.ReasonBackingOff, "A lock whose holder is gone was freed. The item tries again at once."), nil
	}
	if try.reason = refusalOf(refusal.Row); try.reason == queue.RefusedBranch {
		return s.refused(item, v1alpha1.ReasonBranchHeld, refusal.Message), nil
	}
	return s.refused(item, v1alpha1.ReasonNoFreeSlot, refusal.Message), nil
}

// refusalOf is what a row that was in the way says to the queue.
func refusalOf(row lock.Row) queue.Refusal {
	if row.BranchKey == row.Key {
		return queue.RefusedBranch
	}
	return queue.RefusedSlot
}

// refused records why the item waits again. The queue grants it another slot after a while, but not where a status that an
// older version wrote says that an attempt works on it: then it tries by itself.
func (s *lockStep) refused(item *v1alpha1.WorkItem, reason, message string) reconcile.Result {
	now := s.clock.Now()
	conditionsOf(now, item).False(v1alpha1.ConditionLocked, reason, message)
	again := time.Duration(0)
	if item.AttemptActive() {
		again = jitter(policy.HeldRecheck, s.random)
	}
	return waitInQueue(now, item, policy.Miss{Reason: reason, Message: message}, again)
}

// jitter is base and up to as much again at random, so that two controllers do not meet a second time.
func jitter(base time.Duration, random func() float64) time.Duration {
	return base + time.Duration(random()*float64(base))
}
