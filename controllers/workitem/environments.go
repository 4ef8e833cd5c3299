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

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// seriesOfEnvironments has the series of the metrics come and go with their environments. It wakes no item.
func (r *Reconciler) seriesOfEnvironments() handler.EventHandler {
	type requests = workqueue.TypedRateLimitingInterface[ctrl.Request]
	know := func(object client.Object) {
		if environment, ok := object.(*v1alpha1.WorkEnvironment); ok {
			r.metrics.know(environment)
			r.locks.Present(environment.Namespace, environment.Name)
		}
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, _ requests) { know(e.Object) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, _ requests) { know(e.ObjectNew) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, _ requests) {
			r.metrics.forget(client.ObjectKeyFromObject(e.Object))
			r.locks.Forget(e.Object.GetNamespace(), e.Object.GetName())
		},
	}
}
