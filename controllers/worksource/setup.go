// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// A reconcile that Kubernetes made fail is repeated at this pace. It is slower than controller-runtime's own: each
// time may read a whole board.
const (
	errorBackoff    = time.Second
	maxErrorBackoff = 5 * time.Minute

	defaultConcurrency = 4
)

// SetupWithManager registers the controller and its watches.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	concurrency := r.concurrency
	if concurrency == 0 {
		concurrency = defaultConcurrency
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("worksource").
		For(&v1alpha1.WorkSource{}, builder.WithPredicates(
			predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&v1alpha1.WorkEnvironment{}, handler.EnqueueRequestsFromMapFunc(r.sourcesOf),
			builder.WithPredicates(environmentChanged())).
		// An item whose source was deleted while no controller ran is only found through the item.
		Watches(&v1alpha1.WorkItem{}, handler.EnqueueRequestForOwner(mgr.GetScheme(), mgr.GetRESTMapper(),
			&v1alpha1.WorkSource{}, handler.OnlyControllerOwner()), builder.WithPredicates(onlyAppeared())).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: concurrency,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[ctrl.Request](errorBackoff, maxErrorBackoff),
		}).
		Complete(r)
}

// sourcesOf are the sources whose cards are worked on in an environment.
func (r *Reconciler) sourcesOf(ctx context.Context, environment client.Object) []ctrl.Request {
	sources := &v1alpha1.WorkSourceList{}
	if err := r.client.List(ctx, sources, client.InNamespace(environment.GetNamespace())); err != nil {
		log.FromContext(ctx).Error(err, "Could not list the sources of an environment; they notice its change at their next poll")
		return nil
	}
	var requests []ctrl.Request
	for i := range sources.Items {
		if sources.Items[i].Spec.EnvironmentRef.Name == environment.GetName() {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&sources.Items[i])})
		}
	}
	return requests
}

// environmentChanged lets through what a source's condition or interval depends on, and not the changes of queue
// and slots, which are many.
func environmentChanged() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*v1alpha1.WorkEnvironment)
			after, ok2 := e.ObjectNew.(*v1alpha1.WorkEnvironment)
			return ok && ok2 && (before.Generation != after.Generation ||
				before.DeletionTimestamp.IsZero() != after.DeletionTimestamp.IsZero() || readiness(before) != readiness(after))
		},
	}
}

func readiness(environment *v1alpha1.WorkEnvironment) [2]string {
	if c := meta.FindStatusCondition(environment.Status.Conditions, v1alpha1.ConditionReady); c != nil {
		return [2]string{string(c.Status), c.Message}
	}
	return [2]string{}
}

// onlyAppeared lets an object through when it is first seen.
func onlyAppeared() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc:  func(event.UpdateEvent) bool { return false },
		DeleteFunc:  func(event.DeleteEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}
