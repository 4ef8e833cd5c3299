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
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/garbagecollection"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// lockStep acquires a slot and the branch together.
type lockStep struct {
	access       access.Access
	clock        clock.PassiveClock
	random       func() float64
	cluster      string
	accept       *acceptStep
	collector    *garbagecollection.Collector
	reservations *reservations
}

// Condition implements reconcile.Step.
func (s *lockStep) Condition() string { return v1alpha1.ConditionLocked }

// Reconcile implements reconcile.Step.
func (s *lockStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	if item.Finished() || (item.AttemptActive() && item.Status.Attempt.IntentTime != nil) {
		return reconcile.Done(), nil
	}
	result, err := s.acquire(ctx, item)
	if err != nil || !result.IsDone() {
		s.reservations.refuse(item.UID, s.clock.Now().Add(policy.PassOver))
	}
	return result, err
}

func (s *lockStep) acquire(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	if !policy.FreshlyAccepted(s.clock.Now(), item) {
		if result, err := s.accept.ask(ctx, item); err != nil || !result.IsDone() {
			return result, err
		}
	}
	env, err := s.access.Environment(ctx, item)
	if err != nil {
		return reconcile.Result{}, err
	}
	table, err := s.access.EnvironmentTable(ctx, env)
	if err != nil {
		return reconcile.Result{}, err
	}
	slots, err := items.ReadSlots(ctx, table, env.Status.ProjectARN)
	if err != nil {
		return reconcile.Result{}, err
	}
	// All that can fail without the lock is done before it is acquired.
	forgeURL, err := s.access.ForgeURL(ctx, item, env)
	if err != nil {
		return reconcile.Result{}, err
	}
	slot := slots.For(locks.NextID(item), env.Spec.MaxConcurrency())
	if slot == "" {
		return s.noSlot(ctx, item, env, table, slots)
	}
	held, err := table.Acquire(ctx, s.request(item, env, slot))
	if err != nil {
		return s.notAcquired(ctx, item, env, table, err)
	}
	return s.acquired(ctx, item, env, table, held, forgeURL)
}

func (s *lockStep) request(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, slotKey string) lock.Request {
	now := s.clock.Now()
	return lock.Request{
		LockID: locks.NextID(item), WorkItemID: s.cluster + "/" + item.Namespace + "/" + item.Name, Holder: string(item.UID),
		Attempt: locks.NextNumber(item), ProjectARN: env.Status.ProjectARN, SlotKey: slotKey,
		BranchKey: locks.BranchKey(item), CardKey: locks.CardKey(item), Trigger: item.Status.ObservedTrigger.Time,
		ExpiresAt: now.Add(env.Spec.LeaseDuration()), Now: now,
	}
}

// acquired looks at the slots a second time. Two controllers that both saw the last free slot have both acquired one by
// now; whoever sees too many releases its own, at a random time that differs from the other's.
func (s *lockStep) acquired(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, table locks.Abandoner, held lock.Lock, forgeURL string) (reconcile.Result, error) {
	now := s.clock.Now()
	attempt, err := freeze(item, env, held, forgeURL)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("freezing the attempt: %w", err)
	}
	slots, err := items.ReadSlots(ctx, table, env.Status.ProjectARN)
	if err != nil {
		return reconcile.Result{}, err
	}
	item.Status.Attempt = &attempt
	switch {
	case !slots.Has(held.SlotKey):
		// Acquired before a crash, for the project that the environment named then. Its slot bounds nothing here.
		return s.release(ctx, item, table, "The environment's project has changed since the lock was acquired.")
	case queue.Overdrawn(slots.Held(""), env.Spec.MaxConcurrency()):
		return s.release(ctx, item, table, "Too many slots were in use after one was acquired.")
	}
	item.Status.Queue = nil
	if item.Status.StartTime == nil {
		t := metav1.NewTime(now)
		item.Status.StartTime = &t
	}
	conditionsOf(now, item).True(v1alpha1.ConditionLocked, v1alpha1.ReasonLockAcquired, fmt.Sprintf(
		"Attempt %d holds its slot and the branch, fence %d.", attempt.Number, attempt.Fence))
	return reconcile.Done(), nil
}

// release abandons a lock that no build was started for.
func (s *lockStep) release(ctx context.Context, item *v1alpha1.WorkItem, table locks.Abandoner, why string) (reconcile.Result, error) {
	if err := locks.Abandon(ctx, table, item.Status.Attempt, s.clock.Now()); err != nil {
		return reconcile.Result{}, fmt.Errorf("releasing the lock: %w", err)
	}
	now := s.clock.Now()
	requeue(item, policy.Outcome{Name: contract.OutcomeAbandoned, Message: why}, false, now.Add(jitter(policy.HeldRecheck, s.random)), now)
	return reconcile.WaitFor(policy.Soon), nil
}

// noSlot frees slots that nobody will release, or says that all are in use.
func (s *lockStep) noSlot(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, table garbagecollection.Table, slots items.Slots) (reconcile.Result, error) {
	var errs []error
	for _, row := range slots {
		freed, err := s.collector.Free(ctx, item, env, table, row)
		if freed {
			return reconcile.WaitFor(policy.Soon), nil
		}
		errs = append(errs, err) // another row may be freed all the same
	}
	if err := errors.Join(errs...); err != nil {
		return reconcile.Result{}, err
	}
	return s.refused(item, v1alpha1.ReasonNoFreeSlot, "Every slot is in use, some perhaps by another cluster."), nil
}

// notAcquired says why the lock was refused.
func (s *lockStep) notAcquired(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, table garbagecollection.Table, err error) (reconcile.Result, error) {
	var refusal *lock.Refusal
	if !errors.As(err, &refusal) {
		return reconcile.Result{}, err // the table says what it was doing
	}
	now := s.clock.Now()
	switch {
	case errors.Is(err, lock.ErrAlreadyDone):
		finishAlreadyDone(item, refusal.Card, now)
		return reconcile.Done(), nil
	case errors.Is(err, lock.ErrAttemptOver):
		// Acquired by us before a crash, and ended since: its number is used up.
		consume(item, env, refusal.Row, now)
		return reconcile.WaitFor(policy.Soon), nil
	case errors.Is(err, lock.ErrForeign):
		return s.refused(item, v1alpha1.ReasonForeignRow, refusal.Message), nil
	}
	freed, err := s.collector.Free(ctx, item, env, table, refusal.Row)
	switch {
	case err != nil:
		return reconcile.Result{}, err
	case freed:
		return reconcile.WaitFor(policy.Soon), nil
	case refusal.Row.BranchKey == refusal.Row.Key:
		return s.refused(item, v1alpha1.ReasonBranchHeld, refusal.Message), nil
	default:
		return s.refused(item, v1alpha1.ReasonNoFreeSlot, refusal.Message), nil
	}
}

func (s *lockStep) refused(item *v1alpha1.WorkItem, reason, message string) reconcile.Result {
	now := s.clock.Now()
	conditionsOf(now, item).False(v1alpha1.ConditionLocked, reason, message)
	recordWait(item, reason, now)
	return reconcile.WaitFor(jitter(policy.HeldRecheck, s.random))
}

// jitter is base and up to as much again at random, so that two controllers do not meet a second time.
func jitter(base time.Duration, random func() float64) time.Duration {
	return base + time.Duration(random()*float64(base))
}
