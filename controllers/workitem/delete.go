// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

// delete lets the object go once nothing runs for it: its build is over and its lock is free. The steps do that; deletion
// is one more cause to stop.
func (r *Reconciler) delete(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(item, v1alpha1.Finalizer) {
		return reconcile.Result{}, nil
	}
	if item.AttemptActive() && item.Annotations[v1alpha1.ForceDeleteAnnotation] != "true" {
		result, err := r.advance(ctx, item)
		if err != nil || item.AttemptActive() {
			return result, err
		}
	}
	if item.AttemptActive() {
		r.recorder.Record(r.logger(ctx, item), item, forcedDeletion(item.Status.Attempt))
	} else {
		r.collector.AbandonUnrecorded(log.IntoContext(ctx, r.logger(ctx, item)), item)
	}
	r.watcher.Forget(client.ObjectKeyFromObject(item))
	return reconcile.Result{}, reconcile.RemoveFinalizer(ctx, r.client, item)
}

// mayStillRun names what a forced deletion leaves behind.
func mayStillRun(a *v1alpha1.Attempt) string {
	if a.Build == nil {
		return fmt.Sprintf("Deleted by force. A build may still start for lock %s, and will run. Check CodeBuild project %s.",
			a.LockID, a.Parameters.ProjectName)
	}
	return fmt.Sprintf("Deleted by force. Build %s may still run, and holds %s until it ends.", a.Build.ID, a.Parameters.BranchKey)
}
