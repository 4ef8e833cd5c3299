// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

const (
	// acceptFresh is how old acceptance may be when the lock is taken.
	acceptFresh = 10 * time.Second
	// heldRecheck is how soon a slot or branch that another holds is tried again, plus up to as much by chance.
	heldRecheck = 5 * time.Second
	// passOver is how long those behind an item whose lock was refused may go first.
	passOver = 3 * heldRecheck
)

// lockStep acquires a slot and the branch together.
type lockStep struct {
	deps
	accept   *acceptStep
	reserved *reservations
	settling time.Duration
}

// heldLock is a lock with what the attempt is frozen from.
type heldLock struct {
	lock.Lock
	attempt int32
	apiURL  string
}

// condition implements step.
func (s *lockStep) condition() string { return v1alpha1.ConditionLocked }

// Reconcile implements step.
func (s *lockStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	if item.Finished() || (item.AttemptActive() && item.Status.Attempt.IntentTime != nil) {
		return goOn(), nil
	}
	res, err := s.take(ctx, item)
	if err != nil || !res.done {
		s.reserved.refuse(item.UID, s.clock.Now().Add(passOver))
	}
	return res, err
}

func (s *lockStep) take(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	if res, err := s.acceptAgain(ctx, item); err != nil || !res.done {
		return res, err
	}
	env, err := s.environment(ctx, item)
	if err != nil {
		return result{}, fmt.Errorf("reading the environment: %w", err)
	}
	table, err := s.clients.Table(ctx, item.Namespace, env.Spec.LockAccess(), env.Spec.Lock.TableName)
	if err != nil {
		return result{}, fmt.Errorf("reaching the lock table: %w", err)
	}
	slots, err := readSlots(ctx, table, env.Status.ProjectARN)
	if err != nil {
		return result{}, err
	}
	// All that can fail without the lock is done before it is taken.
	url, err := s.apiURL(ctx, item, env)
	if err != nil {
		return result{}, fmt.Errorf("reading the source: %w", err)
	}
	lockID := contract.LockID(string(item.UID), nextNumber(item))
	slot := slots.slotFor(lockID, env.Spec.MaxConcurrency())
	if slot == "" {
		return s.noSlot(ctx, item, env, table, slots)
	}
	held, err := table.Acquire(ctx, s.request(item, env, lockID, slot))
	if err != nil {
		return s.notTaken(ctx, item, env, table, err)
	}
	return s.taken(ctx, item, env, table, heldLock{Lock: held, attempt: nextNumber(item), apiURL: url})
}

// acceptAgain looks once more just before the lock, unless it was just done: an item may have stood in the queue
// for hours.
func (s *lockStep) acceptAgain(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	a := item.Status.Accepted
	if a != nil && a.Time != nil && s.clock.Now().Sub(a.Time.Time) < acceptFresh && acceptedAsItIs(item) {
		return goOn(), nil
	}
	return s.accept.ask(ctx, item)
}

func (s *lockStep) request(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, lockID, slotKey string) lock.Request {
	now := s.clock.Now()
	return lock.Request{
		LockID: lockID, WorkItemID: s.cluster + "/" + item.Namespace + "/" + item.Name, Holder: string(item.UID),
		Attempt: nextNumber(item), ProjectARN: env.Status.ProjectARN, SlotKey: slotKey,
		BranchKey: branchKey(item), CardKey: cardKey(item), Trigger: item.Status.ObservedTrigger.Time,
		ExpiresAt: now.Add(env.Spec.LeaseDuration()), Now: now,
	}
}

// branchKey is the row of the branch as it was accepted.
func branchKey(item *v1alpha1.WorkItem) string {
	a := item.Status.Accepted
	return contract.BranchKey(a.ForgeHost, a.RepositoryID, "refs/heads/"+item.Spec.Branch)
}

// taken looks at the slots a second time. Two controllers that both saw the last free slot have both taken one by
// now; whoever sees too many gives its own back, by chance at another time than the other.
func (s *lockStep) taken(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, table lock.Table, held heldLock) (result, error) {
	now := s.clock.Now()
	attempt, err := frozen(item, env, held)
	if err != nil {
		return result{}, fmt.Errorf("freezing the attempt: %w", err)
	}
	slots, err := readSlots(ctx, table, env.Status.ProjectARN)
	if err != nil {
		return result{}, err
	}
	item.Status.Attempt = &attempt
	switch {
	case !slots.has(held.SlotKey):
		// Taken before a crash, for the project that the environment named then. Its slot bounds nothing here.
		return s.giveBack(ctx, item, table, "The environment's project has changed since the lock was taken.")
	case queue.Overdrawn(slots.held(""), env.Spec.MaxConcurrency()):
		return s.giveBack(ctx, item, table, "Too many slots were in use after taking one.")
	}
	item.Status.Queue = nil
	if item.Status.StartTime == nil {
		t := metav1.NewTime(now)
		item.Status.StartTime = &t
	}
	conditionsOf(now, item).True(v1alpha1.ConditionLocked, v1alpha1.ReasonLockAcquired, fmt.Sprintf(
		"Attempt %d holds its slot and the branch, fence %d.", attempt.Number, attempt.Fence))
	return goOn(), nil
}

// giveBack abandons a lock that no build was started for.
func (s *lockStep) giveBack(ctx context.Context, item *v1alpha1.WorkItem, table lock.Table, why string) (result, error) {
	if err := abandon(ctx, table, item.Status.Attempt, s.clock.Now()); err != nil {
		return result{}, fmt.Errorf("giving the lock back: %w", err)
	}
	now := s.clock.Now()
	requeue(item, v1alpha1.ReasonAbandoned, why, false, now.Add(s.jitter(heldRecheck)), now)
	return waitFor(time.Second), nil
}

// noSlot frees slots whose holders are gone, or says that all are in use.
func (s *lockStep) noSlot(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, table lock.Table, slots slotRows) (result, error) {
	var errs []error
	for _, row := range slots {
		freed, err := s.free(ctx, item, env, table, row)
		if freed {
			return waitFor(time.Second), nil
		}
		errs = append(errs, err) // another row may be freed all the same
	}
	if err := errors.Join(errs...); err != nil {
		return result{}, err
	}
	return s.refused(item, v1alpha1.ReasonNoFreeSlot, "Every slot is in use, some perhaps by another cluster."), nil
}

// notTaken says why the lock was refused.
func (s *lockStep) notTaken(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, table lock.Table, err error) (result, error) {
	var refusal *lock.Refusal
	if !errors.As(err, &refusal) {
		return result{}, fmt.Errorf("taking the lock: %w", err)
	}
	now := s.clock.Now()
	switch {
	case errors.Is(err, lock.ErrAlreadyDone):
		alreadyDone(item, refusal.Card, now)
		return goOn(), nil
	case errors.Is(err, lock.ErrAttemptOver):
		// Taken by us before a crash, and ended since: its number is used up.
		burn(item, env, refusal.Row, now)
		return waitFor(time.Second), nil
	case errors.Is(err, lock.ErrForeign):
		return s.refused(item, v1alpha1.ReasonForeignRow, refusal.Message), nil
	}
	freed, err := s.free(ctx, item, env, table, refusal.Row)
	switch {
	case err != nil:
		return result{}, err
	case freed:
		return waitFor(time.Second), nil
	case refusal.Row.BranchKey == refusal.Row.Key:
		return s.refused(item, v1alpha1.ReasonBranchHeld, refusal.Message), nil
	default:
		return s.refused(item, v1alpha1.ReasonNoFreeSlot, refusal.Message), nil
	}
}

// free frees a row that stands in the way, if nobody needs it any more.
func (s *lockStep) free(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, table lock.Table, row lock.Row) (bool, error) {
	if outdated(item, row) {
		return s.freed(ctx, row, "abandoned", table.Abandon(ctx, row, s.clock.Now()))
	}
	return s.reap(ctx, env, table, row)
}

func (s *lockStep) refused(item *v1alpha1.WorkItem, reason, message string) result {
	now := s.clock.Now()
	conditionsOf(now, item).False(v1alpha1.ConditionLocked, reason, message)
	wait(item, reason, now)
	return waitFor(s.jitter(heldRecheck))
}

// jitter is d and up to as much again by chance, so that two controllers do not meet a second time.
func (d deps) jitter(base time.Duration) time.Duration {
	return base + time.Duration(d.random()*float64(base))
}
