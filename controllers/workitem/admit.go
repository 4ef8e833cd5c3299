// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// admitStep asks the queue whether the item was granted a slot. The answer is advice: what keeps two builds apart is the
// lock. An item that waits is reconciled again when it is granted one, and has no timer but for deadlines of its own.
type admitStep struct {
	access     access.Access
	clock      clock.PassiveClock
	dispatcher *dispatch.Dispatcher
}

// Condition implements reconcile.Step.
func (s *admitStep) Condition() string { return v1alpha1.ConditionAdmitted }

// Reconcile implements reconcile.Step.
func (s *admitStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	if item.AttemptActive() || item.Finished() {
		return reconcile.Done(), nil
	}
	now := s.clock.Now()
	env, err := s.access.Environment(ctx, item)
	if client.IgnoreNotFound(err) != nil {
		return reconcile.Result{}, err
	}
	if m := policy.NoEnvironment(item, env); m != nil {
		return waitInQueue(now, item, *m, 0), nil
	}
	if left := policy.BackingOff(now, item); left > 0 {
		return waitInQueue(now, item, policy.BackingOffMiss(item), left), nil
	}
	place := s.dispatcher.Place(item.UID)
	if !place.Granted {
		return waitForGrant(now, item, place), nil
	}
	conditionsOf(now, item).True(v1alpha1.ConditionAdmitted, v1alpha1.ReasonTurnReached, "It is this item's turn.")
	return reconcile.Done(), nil
}

func waitForGrant(now time.Time, item *v1alpha1.WorkItem, place queue.Place) reconcile.Result {
	return waitInQueue(now, item, policy.NotAdmitted(item, place.Reason), 0)
}

// waitInQueue records since when and why the item waits. It is looked at again after the given time, if that is not zero,
// and when it is overdue.
func waitInQueue(now time.Time, item *v1alpha1.WorkItem, m policy.Miss, after time.Duration) reconcile.Result {
	conditionsOf(now, item).False(v1alpha1.ConditionAdmitted, m.Reason, m.Message)
	if item.Status.Queue == nil {
		t := metav1.NewTime(now)
		item.Status.Queue = &v1alpha1.QueuePosition{Since: &t}
	}
	item.Status.Queue.Reason = m.Reason
	return reconcile.WaitFor(after).Sooner(reconcile.WaitFor(policy.QueueDeadline(now, item)))
}
