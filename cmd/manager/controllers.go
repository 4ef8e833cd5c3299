// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/kiro-worker/kiro-worker/controllers/workenvironment"
	"github.com/kiro-worker/kiro-worker/controllers/workitem"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/garbagecollection"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/controllers/worksource"
	"github.com/kiro-worker/kiro-worker/internal/lock/measured"
	"github.com/kiro-worker/kiro-worker/internal/resolver"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// setupControllers adds the three controllers.
func setupControllers(ctx context.Context, mgr ctrl.Manager, clients *resolver.Resolver, o options, yield func(error)) error {
	dispatcher := dispatch.New(dispatch.Options{Reader: mgr.GetClient(), Tables: clients, Clock: clock.RealClock{}, Cluster: o.clusterName})
	traces, err := newTraces(ctx, mgr)
	if err != nil {
		return err
	}
	if err := setupWorkItems(ctx, mgr, clients, dispatcher, traces, o); err != nil {
		return err
	}
	environments := workenvironment.New(workenvironment.Options{
		Client:        mgr.GetClient(),
		Prompts:       mgr.GetAPIReader(),
		Tables:        clients,
		Builds:        clients,
		Stores:        clients,
		Secrets:       clients,
		Notifications: clients,
		Queues:        dispatcher,
		Clock:         clock.RealClock{},
		Events:        mgr.GetEventRecorder("workenvironment"),
		Metrics:       workenvironment.NewMetrics(metrics.Registry),
		Installation:  o.installation(),
		Yield:         yield,
	})
	if err := environments.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("setting up the work environment controller: %w", err)
	}
	sources := worksource.New(worksource.Options{
		Client:  mgr.GetClient(),
		Boards:  clients,
		Clock:   clock.RealClock{},
		Events:  mgr.GetEventRecorder("worksource"),
		Metrics: worksource.NewMetrics(metrics.Registry),
		Traces:  traces,
		Random:  rand.Float64,
		All:     watch.SideBySide(itemsAtOnce),
	})
	if err := sources.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("setting up the work source controller: %w", err)
	}
	if o.cloudWatchMetrics {
		return setupCloudWatch(mgr, clients)
	}
	return nil
}

// itemsAtOnce is how many items of one board are made side by side.
const itemsAtOnce = 8

// looksAtOnce is how many looks of up to a hundred builds each are made side by side.
const looksAtOnce = 8

// setupWorkItems adds the work item controller, the watch of builds and the sweep of locks.
func setupWorkItems(ctx context.Context, mgr ctrl.Manager, clients *resolver.Resolver, dispatcher *dispatch.Dispatcher, traces *tracing.Exporter, o options) error {
	if err := workitem.IndexItems(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	over := tracking.NewFirstSeenTracker()
	locks := measured.NewMetrics(metrics.Registry)
	collector := garbagecollection.New(access.Access{Reader: mgr.GetClient(), Clients: clients, Locks: locks}, clock.RealClock{}, o.settlingTime, over, dispatcher)
	dispatcher.OnIdleSlots(collector.IdleSlots)
	if err := collector.SetupWithManager(mgr, clock.RealClock{}, o.sweepInterval); err != nil {
		return err
	}
	if err := mgr.Add(workitem.NewInventory(metrics.Registry, mgr.GetClient())); err != nil {
		return fmt.Errorf("adding the metrics of what there is: %w", err)
	}
	watcher := watch.New(clients, watch.Options{Fast: o.watchInterval, Slow: o.watchSlowest, Released: dispatcher.RowReleased, All: watch.SideBySide(looksAtOnce)})
	if err := mgr.Add(dumper{reader: mgr.GetClient(), queues: dispatcher, builds: watcher}); err != nil {
		return fmt.Errorf("adding the dump of the state: %w", err)
	}
	items := workitem.New(workitem.Options{
		Client:           mgr.GetClient(),
		Clients:          clients,
		Prompts:          mgr.GetAPIReader(),
		Collector:        collector,
		Over:             over,
		Dispatcher:       dispatcher,
		Watcher:          watcher,
		Clock:            clock.RealClock{},
		Events:           mgr.GetEventRecorder("workitem"),
		Metrics:          workitem.NewMetrics(metrics.Registry),
		Locks:            locks,
		Traces:           traces,
		Random:           rand.Float64,
		Cluster:          o.clusterName,
		ProgressInterval: o.progressInterval,
		SettlingTime:     o.settlingTime,
	})
	return items.SetupWithManager(mgr, clock.RealClock{}, o.concurrency)
}
