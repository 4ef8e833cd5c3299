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
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// admitStep asks the queue whether it is the item's turn. Its answer is advice, found again each time: what keeps two
// builds apart is the lock.
type admitStep struct {
	access       access.Access
	clock        clock.PassiveClock
	reservations *reservations
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
	if m := policy.Unusable(item, env); m != nil {
		return s.refuse(now, item, *m, policy.TailRecheck), nil
	}
	if left := policy.BackingOff(now, item); left > 0 {
		return s.refuse(now, item, policy.BackingOffMiss(item), left), nil
	}
	decision, err := s.decide(ctx, item, env)
	if err != nil {
		return reconcile.Result{}, err
	}
	if !decision.Admitted {
		return s.refuse(now, item, policy.NotAdmitted(decision), policy.QueueRecheck(decision, env.Spec.MaxConcurrency())), nil
	}
	conditionsOf(now, item).True(v1alpha1.ConditionAdmitted, v1alpha1.ReasonTurnReached, "It is this item's turn.")
	return reconcile.Done(), nil
}

func (s *admitStep) refuse(now time.Time, item *v1alpha1.WorkItem, m policy.Miss, recheck time.Duration) reconcile.Result {
	conditionsOf(now, item).False(v1alpha1.ConditionAdmitted, m.Reason, m.Message)
	recordWait(item, m.Reason, now)
	return reconcile.WaitFor(recheck)
}

// decide orders all that wait in the environment. One decision is made at a time, so that two reconciles do not both see
// the last free slot.
func (s *admitStep) decide(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) (queue.Decision, error) {
	environment := client.ObjectKeyFromObject(env)
	defer s.reservations.lock(environment.String())()

	all, err := items.InEnvironment(ctx, s.access.Reader, environment)
	if err != nil {
		return queue.Decision{}, err
	}
	now := s.clock.Now()
	var waiting []queue.Entry
	held := map[string]bool{}
	active := 0
	for i := range all {
		other := &all[i]
		if other.UID == item.UID {
			continue
		}
		switch {
		case other.AttemptActive() || !other.Finished() && s.reservations.has(other.UID, now):
			held[items.Branch(other)] = true
			active++
		case items.Waiting(other) && !s.reservations.passedOver(other.UID, now):
			waiting = append(waiting, items.Entry(other, policy.BackingOff(now, other) > 0))
		}
	}
	waiting = append(waiting, items.Entry(item, policy.BackingOff(now, item) > 0))
	free := env.Spec.MaxConcurrency() - active
	decision := queue.Decide(waiting, held, free)[string(item.UID)]
	if decision.Admitted {
		s.reservations.add(item.UID, now)
	}
	return decision, nil
}

// recordWait records since when and why the item waits.
func recordWait(item *v1alpha1.WorkItem, reason string, now time.Time) {
	if item.Status.Queue == nil {
		t := metav1.NewTime(now)
		item.Status.Queue = &v1alpha1.QueuePosition{Since: &t}
	}
	item.Status.Queue.Reason = reason
}
