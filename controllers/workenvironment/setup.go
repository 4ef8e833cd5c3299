// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

const defaultConcurrency = 4

// SetupWithManager registers the controller and its watches. The manager's cache needs the index items.EnvironmentIndex.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	concurrency := r.Concurrency
	if concurrency == 0 {
		concurrency = defaultConcurrency
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("workenvironment").
		For(&v1alpha1.WorkEnvironment{}, builder.WithPredicates(
			predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&v1alpha1.WorkItem{}, handler.EnqueueRequestsFromMapFunc(environmentOf)).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		Complete(r)
}

// environmentOf is the environment of an item that changed: its slots and its queue may have changed with it.
func environmentOf(_ context.Context, o client.Object) []ctrl.Request {
	item, ok := o.(*v1alpha1.WorkItem)
	if !ok {
		return nil
	}
	return []ctrl.Request{{NamespacedName: client.ObjectKey{Namespace: item.Namespace, Name: item.Spec.EnvironmentRef.Name}}}
}
