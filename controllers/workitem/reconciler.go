// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"time"

	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/garbagecollection"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/reporting"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock/measured"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// +kubebuilder:rbac:groups=kiro-worker.io,resources=workitems,verbs=list;watch;patch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workitems/status,verbs=patch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workenvironments;worksources,verbs=list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Options is what a Reconciler is made of.
type Options struct {
	Client  client.Client
	Clients access.Clients
	// Prompts reads the ConfigMaps with prompts of agents, past any cache.
	Prompts client.Reader
	// Watcher is what running builds are seen through.
	Watcher *watch.Watcher
	// Dispatcher grants slots to items that wait. The watcher and the collector hand in what they see released.
	Dispatcher *dispatch.Dispatcher
	// Collector frees locks that are in an item's way and that nobody will release.
	Collector *garbagecollection.Collector
	// Over is when builds were first seen to be over, shared with the collector.
	Over    *tracking.FirstSeenTracker
	Clock   clock.PassiveClock
	Events  reconcile.EventRecorder
	Metrics *Metrics
	// Locks counts what is done with locks. Nil counts nothing.
	Locks *measured.Metrics
	// Traces tells attempts that ended. Nil tells none.
	Traces  *tracing.Exporter
	Random  func() float64 // 0 <= x < 1
	Cluster string
	// ProgressInterval is the least time between two status writes that report nothing but progress.
	ProgressInterval time.Duration
	// SettlingTime is how long after a build's end its last request may still be on its way.
	SettlingTime time.Duration
}

// Reconciler takes one work item, step by step, to its end.
type Reconciler struct {
	client           client.Client
	access           access.Access
	clock            clock.PassiveClock
	random           func() float64
	cluster          string
	metrics          *Metrics
	locks            *measured.Metrics
	traces           *tracing.Exporter
	recorder         reconcile.Recorder
	reporter         *reporting.Reporter
	watcher          *watch.Watcher
	collector        *garbagecollection.Collector
	dispatcher       *dispatch.Dispatcher
	over             *tracking.FirstSeenTracker
	heartbeats       *tracking.HeartbeatTracker
	trouble          *tracking.TroubleTracker
	progressInterval time.Duration
	settling         time.Duration
}

// New returns a Reconciler.
func New(o Options) *Reconciler {
	reach := access.Access{Reader: o.Client, Clients: o.Clients, Prompts: o.Prompts, Locks: o.Locks}
	return &Reconciler{
		client: o.Client, access: reach, clock: o.Clock, random: o.Random, cluster: o.Cluster,
		metrics: o.Metrics, locks: o.Locks, traces: o.Traces, recorder: reconcile.Recorder{Events: o.Events}, reporter: reporting.New(reach, o.Clock, o.Metrics.noteNotification),
		watcher: o.Watcher, collector: o.Collector, dispatcher: o.Dispatcher,
		over: o.Over, heartbeats: tracking.NewHeartbeatTracker(), trouble: tracking.NewTroubleTracker(),
		progressInterval: o.ProgressInterval, settling: o.SettlingTime,
	}
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	item := &v1alpha1.WorkItem{}
	if err := r.client.Get(ctx, req.NamespacedName, item); err != nil {
		r.watcher.Forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !item.DeletionTimestamp.IsZero() {
		return reconcile.End(r.delete(ctx, item))
	}
	if err := reconcile.EnsureFinalizer(ctx, r.client, item); err != nil {
		return reconcile.End(reconcile.Result{}, err)
	}
	result, err := reconcile.End(r.advance(ctx, item))
	result.Priority = ptr.To(r.dispatcher.Priority(item))
	return result, err
}

// advance runs the steps and persists what they made of the status, also after an error.
func (r *Reconciler) advance(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	read := item.DeepCopy()   // as it was read: what is recorded as events is the difference to it
	before := item.DeepCopy() // as it was last written: what is patched is the difference to it
	observeSpec(item)

	named := log.IntoContext(ctx, r.logger(ctx, item))
	result, err := reconcile.Run(named, item, r.steps(before), func(condition string, err error) { r.failed(item, condition, err) })

	if perr := r.persist(ctx, before, item); perr != nil {
		r.metrics.dropped(item)
		if errors.Is(perr, reconcile.ErrGone) {
			// A lock that was acquired in this very reconcile is released now: nobody looks at the item again.
			r.collector.AbandonUnrecorded(named, item)
		}
		return reconcile.Result{}, perr
	}
	r.record(ctx, read, item)
	if err == nil && item.Done() {
		return r.retain(ctx, item)
	}
	return result, err
}

// failed records what kept a step from being done. What is then true of a build is not known.
func (r *Reconciler) failed(item *v1alpha1.WorkItem, condition string, err error) {
	set := conditionsOf(r.clock.Now(), item)
	switch condition {
	case v1alpha1.ConditionBuildStarted, v1alpha1.ConditionBuildFinished:
		set.Unknown(condition, conditions.Reason(err), fault.Message(err))
	default:
		set.Fail(condition, err)
	}
}

// persist summarizes the status and writes what changed in it.
func (r *Reconciler) persist(ctx context.Context, before, item *v1alpha1.WorkItem) error {
	summarize(r.clock.Now(), item)
	written, err := reconcile.PatchStatus(ctx, r.client, before, item)
	if written {
		r.metrics.statusWrites.Inc()
	}
	return err
}

// persister returns what writes the status in the middle of a reconcile. It is for the start step's intent alone: what is
// decided there must outlive a crash during the call that follows. Afterwards before is what the server answered, so that
// the deferred patch has that as its base.
func (r *Reconciler) persister(before *v1alpha1.WorkItem) func(context.Context, *v1alpha1.WorkItem) error {
	return func(ctx context.Context, item *v1alpha1.WorkItem) error {
		if err := r.persist(ctx, before, item); err != nil {
			return err
		}
		item.DeepCopyInto(before)
		return nil
	}
}
