// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// usabilityChanged lets through what may let an item go on, and not the changes of queue and slots: those come with
// every item's every step, and would wake all that wait.
func usabilityChanged() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			was, ok1 := e.ObjectOld.(*v1alpha1.WorkEnvironment)
			is, ok2 := e.ObjectNew.(*v1alpha1.WorkEnvironment)
			return ok1 && ok2 && (was.Generation != is.Generation || was.DeletionTimestamp.IsZero() != is.DeletionTimestamp.IsZero() ||
				policy.Usable(was) != policy.Usable(is))
		},
	}
}

// itemsThatWaitFor wakes the items that a change of their environment may let go on; and those at work in it, if it is
// being deleted: they are to stop.
func (r *Reconciler) itemsThatWaitFor(ctx context.Context, o client.Object) []ctrl.Request {
	all, err := items.InEnvironment(ctx, r.client, client.ObjectKeyFromObject(o))
	if err != nil {
		log.FromContext(ctx).Error(err, "Could not wake the items of a changed environment")
		return nil
	}
	var requests []ctrl.Request
	for i := range all {
		if item := &all[i]; !item.Finished() && (!item.AttemptActive() || !o.GetDeletionTimestamp().IsZero()) {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(item)})
		}
	}
	return requests
}

// wakeNext wakes the head of an environment's queue when an attempt has ended there, so that a slot that was released is
// used at once and not at the next look.
func (r *Reconciler) wakeNext() handler.EventHandler {
	type requests = workqueue.TypedRateLimitingInterface[ctrl.Request]
	return handler.Funcs{
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q requests) {
			was, ok1 := e.ObjectOld.(*v1alpha1.WorkItem)
			is, ok2 := e.ObjectNew.(*v1alpha1.WorkItem)
			if ok1 && ok2 && was.AttemptActive() && !is.AttemptActive() {
				r.wakeHead(ctx, is, q)
			}
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q requests) {
			if item, ok := e.Object.(*v1alpha1.WorkItem); ok {
				r.wakeHead(ctx, item, q)
			}
		},
	}
}

func (r *Reconciler) wakeHead(ctx context.Context, ended *v1alpha1.WorkItem, q workqueue.TypedRateLimitingInterface[ctrl.Request]) {
	environment := client.ObjectKey{Namespace: ended.Namespace, Name: ended.Spec.EnvironmentRef.Name}
	all, err := items.InEnvironment(ctx, r.client, environment)
	if err != nil {
		log.FromContext(ctx).Error(err, "Could not wake the head of the queue")
		return
	}
	now := r.clock.Now()
	var waiting []queue.Entry
	for i := range all {
		if item := &all[i]; item.UID != ended.UID && items.Waiting(item) {
			waiting = append(waiting, items.Entry(item, policy.BackingOff(now, item) > 0))
		}
	}
	head := queue.Order(waiting)
	for _, e := range head[:min(policy.HeadLength, len(head))] {
		q.Add(ctrl.Request{NamespacedName: client.ObjectKey{Namespace: ended.Namespace, Name: e.Name}})
	}
}
