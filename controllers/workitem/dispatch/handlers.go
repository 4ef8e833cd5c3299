// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

type requests = workqueue.TypedRateLimitingInterface[ctrl.Request]

// Items hands the events of work items in. It enqueues only those that are worked on when a manager starts, ahead of those
// that wait: their builds have to be watched. Of those that wait only what is granted is reconciled for the queue's sake.
func (d *Dispatcher) Items() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q requests) {
			if item, ok := e.Object.(*v1alpha1.WorkItem); ok {
				d.Observe(nil, item)
				if e.IsInInitialList && item.AttemptActive() {
					enqueue(q, item, plainPriority, 0)
				}
			}
		},
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, _ requests) {
			old, ok1 := e.ObjectOld.(*v1alpha1.WorkItem)
			item, ok2 := e.ObjectNew.(*v1alpha1.WorkItem)
			if ok1 && ok2 {
				d.Observe(old, item)
			}
		},
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, _ requests) {
			if item, ok := e.Object.(*v1alpha1.WorkItem); ok {
				d.Forget(item)
			}
		},
	}
}

// Environments hands the events of environments in.
func (d *Dispatcher) Environments() handler.EventHandler {
	observe := func(o client.Object) {
		if env, ok := o.(*v1alpha1.WorkEnvironment); ok {
			d.ObserveEnvironment(env)
		}
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, _ requests) { observe(e.Object) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, _ requests) { observe(e.ObjectNew) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, _ requests) {
			if env, ok := e.Object.(*v1alpha1.WorkEnvironment); ok {
				d.ForgetEnvironment(env)
			}
		},
	}
}
