// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Priorities in the work queue. What is first in its environment's queue is first there as well. When a manager starts, all
// items come in with the low priority, and would keep it.
const (
	grantPriority = 100 // it was granted a slot
	plainPriority = 0   // it is worked on, or has not been accepted
	waitPriority  = handler.LowPriority
)

// Priority is an item's in the work queue.
func (d *Dispatcher) Priority(item *v1alpha1.WorkItem) int {
	switch {
	case d.Place(item.UID).Granted:
		return grantPriority
	case item.Waits():
		return waitPriority
	}
	return plainPriority
}

// newsAfter is how long what the watcher saw waits. A look that shows builds ended has as many granted a slot: they start first,
// and need the processors and the API server for about that long. Nobody waits for the end of what has ended.
const newsAfter = 250 * time.Millisecond

// EnqueueGranted puts items that were granted a slot ahead of all others.
func EnqueueGranted() handler.EventHandler {
	return handler.Funcs{GenericFunc: func(_ context.Context, e event.GenericEvent, q requests) { enqueue(q, e.Object, grantPriority, 0) }}
}

// EnqueueSeen adds items of whose builds the watcher saw something new.
func EnqueueSeen() handler.EventHandler {
	return handler.Funcs{GenericFunc: func(_ context.Context, e event.GenericEvent, q requests) {
		enqueue(q, e.Object, plainPriority, newsAfter)
	}}
}

// enqueue adds an object to the work queue after a while, or raises its priority if it is in it.
func enqueue(q requests, o client.Object, priority int, after time.Duration) {
	request := ctrl.Request{NamespacedName: client.ObjectKeyFromObject(o)}
	if ordered, ok := q.(priorityqueue.PriorityQueue[ctrl.Request]); ok {
		ordered.AddWithOpts(priorityqueue.AddOpts{Priority: &priority, After: after}, request)
		return
	}
	q.AddAfter(request, after)
}
