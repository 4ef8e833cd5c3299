// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

// +kubebuilder:rbac:groups=kiro-worker.io,resources=workitems,verbs=delete

// retain deletes an item that was made by hand once it is over and was kept for its time. Those of cards are deleted by their source,
// which can see whether the card is still in the ready status.
func (r *Reconciler) retain(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	if item.Spec.Card != nil || !item.Done() || !item.IsTrue(v1alpha1.ConditionConcluded) || item.Status.CompletionTime == nil {
		return reconcile.Result{}, nil
	}
	env, err := r.access.Environment(ctx, item)
	if err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err) // without its environment nothing says how long it is kept
	}
	left := env.Spec.Retention.KeepMadeByHand() - r.clock.Now().Sub(item.Status.CompletionTime.Time)
	if left > 0 {
		return reconcile.WaitFor(left), nil
	}
	err = r.client.Delete(ctx, item, client.Preconditions{UID: ptr.To(item.UID), ResourceVersion: ptr.To(item.ResourceVersion)})
	if client.IgnoreNotFound(err) != nil {
		return reconcile.Result{}, fmt.Errorf("deleting a finished work item that was made by hand: %w", err)
	}
	log.FromContext(ctx).V(1).Info("Deleted a finished work item whose retention is over")
	return reconcile.Result{}, nil
}
