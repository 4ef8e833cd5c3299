// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// newsBuffer is how many changes the watcher may see, and how many grants be made, before the work queue accepts them.
const newsBuffer = 1024

// IndexItems adds the indexes by which items of one environment, and those that depend on one item, are listed. It is called
// once a manager.
func IndexItems(ctx context.Context, indexer client.FieldIndexer) error {
	return items.AddIndex(ctx, indexer)
}

// SetupWithManager starts the controller and the watch of builds.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, realTime clock.Clock, concurrency int) error {
	news := make(chan event.GenericEvent, newsBuffer)
	runner := &watch.Runner{Watcher: r.watcher, Clock: realTime, Changed: func(ctx context.Context, key types.NamespacedName) {
		select {
		case news <- event.GenericEvent{Object: named(key)}:
		case <-ctx.Done():
		}
	}}
	if err := mgr.Add(runner); err != nil {
		return fmt.Errorf("adding the watch of builds: %w", err)
	}
	grants := make(chan event.GenericEvent, newsBuffer)
	r.dispatcher.OnReleased(r.metrics.slotReleased)
	r.dispatcher.OnGrant(func(key types.NamespacedName) { grants <- event.GenericEvent{Object: named(key)} })
	if err := mgr.Add(&dispatch.Runner{Dispatcher: r.dispatcher, Clock: realTime, Random: r.random}); err != nil {
		return fmt.Errorf("adding the dispatcher: %w", err)
	}
	err := ctrl.NewControllerManagedBy(mgr).
		Named("workitem").
		For(&v1alpha1.WorkItem{}).
		Watches(&v1alpha1.WorkEnvironment{}, handler.EnqueueRequestsFromMapFunc(r.itemsConcernedBy), builder.WithPredicates(changedForItems())).
		Watches(&v1alpha1.WorkItem{}, r.dispatcher.Items()).
		Watches(&v1alpha1.WorkItem{}, r.dependents()).
		Watches(&v1alpha1.WorkEnvironment{}, r.dispatcher.Environments()).
		Watches(&v1alpha1.WorkEnvironment{}, r.seriesOfEnvironments()).
		WatchesRawSource(source.Channel(news, dispatch.EnqueueSeen())).
		WatchesRawSource(source.Channel(grants, dispatch.EnqueueGranted())).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		Complete(r)
	if err != nil {
		return fmt.Errorf("setting up the work item controller: %w", err)
	}
	return nil
}

// named is an item of which only the name is known.
func named(key types.NamespacedName) *v1alpha1.WorkItem {
	item := &v1alpha1.WorkItem{}
	item.Namespace, item.Name = key.Namespace, key.Name
	return item
}
