// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// How soon a waiting item is looked at again without an event. A slot that another cluster frees gives none, so
// the head of the queue looks more often than the rest.
const (
	headRecheck = 10 * time.Second
	tailRecheck = time.Minute
)

// admitStep asks the queue whether it is the item's turn. Its answer is advice, made anew each time: what keeps two
// builds apart is the lock.
type admitStep struct {
	deps
	client   client.Reader
	reserved *reservations
}

// condition implements step.
func (s *admitStep) condition() string { return v1alpha1.ConditionAdmitted }

// Reconcile implements step.
func (s *admitStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	if item.AttemptActive() || item.Finished() {
		return goOn(), nil
	}
	now := s.clock.Now()
	set := conditionsOf(now, item)
	refuse := func(reason, message string, after time.Duration) (result, error) {
		set.False(v1alpha1.ConditionAdmitted, reason, message)
		wait(item, reason, now)
		return waitFor(after), nil
	}

	env, err := s.environment(ctx, item)
	if err != nil && !apierrors.IsNotFound(err) {
		return result{}, fmt.Errorf("reading the environment: %w", err)
	}
	if m := unusable(item, env, err); m != nil {
		return refuse(m.reason, m.message, tailRecheck)
	}
	if left := backingOff(item, now); left > 0 {
		return refuse(v1alpha1.ReasonBackingOff, backingOffMessage(item), left)
	}
	decision, err := s.decide(ctx, item, env)
	if err != nil {
		return result{}, err
	}
	if !decision.Admitted {
		why := reasons[decision.Reason]
		after := tailRecheck
		if decision.Position <= env.Spec.MaxConcurrency() {
			after = headRecheck
		}
		return refuse(why.reason, why.message, after)
	}
	set.True(v1alpha1.ConditionAdmitted, v1alpha1.ReasonTurnReached, "It is this item's turn.")
	return goOn(), nil
}

// backingOffMessage says what the item backs off from, and until when.
func backingOffMessage(item *v1alpha1.WorkItem) string {
	until := item.Status.Retries.NotBefore.UTC().Format(time.TimeOnly)
	past := item.Status.PastAttempts
	if len(past) == 0 {
		return fmt.Sprintf("The next attempt begins at %s UTC.", until)
	}
	last := past[len(past)-1]
	return fmt.Sprintf("Attempt %d ended as %s: %s The next begins at %s UTC.", last.Number, last.Outcome, last.Message, until)
}

// decide orders all that wait in the environment. One decision is made at a time, so that two reconciles do not
// both see the last free slot.
func (s *admitStep) decide(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) (queue.Decision, error) {
	defer s.reserved.lock(client.ObjectKeyFromObject(env).String())()

	items := &v1alpha1.WorkItemList{}
	if err := s.client.List(ctx, items, client.InNamespace(item.Namespace), client.MatchingFields{EnvironmentIndex: env.Name}); err != nil {
		return queue.Decision{}, fmt.Errorf("listing the environment's items: %w", err)
	}
	now := s.clock.Now()
	var waiting []queue.Entry
	held := map[string]bool{}
	active := 0
	for i := range items.Items {
		other := &items.Items[i]
		if other.UID == item.UID {
			continue
		}
		switch {
		case other.AttemptActive() || !other.Finished() && s.reserved.has(other.UID, now):
			held[branchOf(other)] = true
			active++
		case queued(other) && !s.reserved.passedOver(other.UID, now):
			waiting = append(waiting, entryOf(other, now))
		}
	}
	waiting = append(waiting, entryOf(item, now))
	free := env.Spec.MaxConcurrency() - active
	decision := queue.Decide(waiting, held, free)[string(item.UID)]
	if decision.Admitted {
		s.reserved.add(item.UID, now)
	}
	return decision, nil
}

// reasons says the queue's reasons in the API's words.
var reasons = map[queue.Reason]miss{
	queue.ReasonNotFirst:   {v1alpha1.ReasonNotFirst, "Others are before it in the queue: of higher priority, or with an older card."},
	queue.ReasonNoFreeSlot: {v1alpha1.ReasonNoFreeSlot, "It is next, once a running build ends. Raise the environment's spec.concurrency to run more at once."},
	queue.ReasonBranchHeld: {v1alpha1.ReasonBranchHeld, "Another item works on the branch, or is before it in the queue with the same branch."},
	queue.ReasonBackingOff: {v1alpha1.ReasonBackingOff, "The next attempt waits, so as not to run into the same trouble at once."},
}

// unusable says why the environment cannot be used now, or nil.
func unusable(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, err error) *miss {
	ready := meta.FindStatusCondition(env.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case err != nil:
		return &miss{v1alpha1.ReasonEnvironmentNotFound, fmt.Sprintf(
			"WorkEnvironment %q does not exist in this namespace. Create it.", item.Spec.EnvironmentRef.Name)}
	case !env.DeletionTimestamp.IsZero():
		return &miss{v1alpha1.ReasonEnvironmentDeleting, fmt.Sprintf(
			"WorkEnvironment %q is being deleted, so nothing new is begun in it.", env.Name)}
	case ready == nil || ready.ObservedGeneration != env.Generation:
		return &miss{v1alpha1.ReasonEnvironmentNotReady, fmt.Sprintf("WorkEnvironment %q was not looked at yet.", env.Name)}
	case ready.Status != metav1.ConditionTrue:
		return &miss{v1alpha1.ReasonEnvironmentNotReady, fmt.Sprintf("WorkEnvironment %q is not usable: %s", env.Name, ready.Message)}
	}
	return nil
}

// backingOff is how long the next attempt still has to wait: not at all before the end of the last one, which is where
// the clock stands only if it was set back.
func backingOff(item *v1alpha1.WorkItem, now time.Time) time.Duration {
	t, last := item.Status.Retries.NotBefore, item.Status.Attempt
	if t == nil || (last != nil && last.EndTime != nil && now.Before(last.EndTime.Time)) {
		return 0
	}
	return max(t.Sub(now), 0)
}

// queued reports whether an item waits for its turn.
func queued(item *v1alpha1.WorkItem) bool {
	return !item.AttemptActive() && !item.Finished() && item.DeletionTimestamp.IsZero() && stopRequested(item) == nil &&
		meta.IsStatusConditionTrue(item.Status.Conditions, v1alpha1.ConditionAccepted)
}

// entryOf is the item as the queue sees it.
func entryOf(item *v1alpha1.WorkItem, now time.Time) queue.Entry {
	created := item.CreationTimestamp.Time
	if c := item.Spec.Card; c != nil && c.CreatedAt != nil {
		created = c.CreatedAt.Time
	}
	return queue.Entry{
		Key: string(item.UID), Name: item.Name, Priority: item.Spec.Priority, CreatedAt: created, BranchKey: branchOf(item),
		BackingOff: backingOff(item, now) > 0,
	}
}

// branchOf names the branch for the queue; the lock's own key needs the repository's id.
func branchOf(item *v1alpha1.WorkItem) string { return item.Spec.Repository + "#" + item.Spec.Branch }

// wait records since when and why the item waits.
func wait(item *v1alpha1.WorkItem, reason string, now time.Time) {
	if item.Status.Queue == nil {
		t := metav1.NewTime(now)
		item.Status.Queue = &v1alpha1.QueuePosition{Since: &t}
	}
	item.Status.Queue.Reason = reason
}
