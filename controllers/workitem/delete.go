// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// delete lets the object go once nothing runs for it: its build is over and its lock is free. The steps do that;
// deletion is one more cause to stop.
func (r *Reconciler) delete(ctx context.Context, item *v1alpha1.WorkItem) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(item, v1alpha1.Finalizer) {
		return ctrl.Result{}, nil
	}
	if item.AttemptActive() && item.Annotations[v1alpha1.ForceDeleteAnnotation] != "true" {
		res, err := r.advance(ctx, item)
		if err != nil || item.AttemptActive() {
			return res, err
		}
	}
	if item.AttemptActive() {
		r.events.Eventf(item, nil, corev1.EventTypeWarning, v1alpha1.ReasonDeleted, "ForceDelete", "%s", mayStillRun(item.Status.Attempt))
	}
	if !item.AttemptActive() {
		r.abandonUnrecorded(ctx, item)
	}
	r.Watcher.Forget(client.ObjectKeyFromObject(item))
	before := item.DeepCopy()
	controllerutil.RemoveFinalizer(item, v1alpha1.Finalizer)
	return ctrl.Result{}, r.patchMetadata(ctx, before, item)
}
