// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// +kubebuilder:rbac:groups=kiro-worker.io,resources=workitems,verbs=get;list;watch;update;patch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workitems/status,verbs=get;update;patch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workitems/finalizers,verbs=update
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workenvironments;worksources,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconciler takes one work item, step by step, to its end.
type Reconciler struct {
	Client client.Client
	deps
	// Watcher is what running builds are seen through.
	Watcher *watch.Watcher
	// ProgressInterval is the least time between two status writes that tell nothing but progress.
	ProgressInterval time.Duration
	// SettlingTime is how long after a build's end its last request may still be on its way.
	SettlingTime time.Duration
	// SweepInterval is how often locks are looked for whose holder is gone.
	SweepInterval time.Duration

	reserved *reservations
}

// Options is what a Reconciler is made of.
type Options struct {
	Client           client.Client
	Clients          Clients
	Watcher          *watch.Watcher
	Clock            clock.PassiveClock
	Events           EventRecorder
	Metrics          *Metrics
	Random           func() float64 // 0 <= x < 1
	Cluster          string
	ProgressInterval time.Duration
	SettlingTime     time.Duration
	SweepInterval    time.Duration
}

// New returns a Reconciler.
func New(o Options) *Reconciler {
	return &Reconciler{
		Client: o.Client,
		deps: deps{
			reader: o.Client, clients: o.Clients, clock: o.Clock, events: o.Events,
			metrics: o.Metrics, random: o.Random, cluster: o.Cluster, over: newSightings(), silent: newSilences(),
		},
		Watcher:          o.Watcher,
		ProgressInterval: o.ProgressInterval,
		SettlingTime:     o.SettlingTime,
		SweepInterval:    o.SweepInterval,
		reserved:         newReservations(),
	}
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	item := &v1alpha1.WorkItem{}
	if err := r.Client.Get(ctx, req.NamespacedName, item); err != nil {
		r.Watcher.Forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !item.DeletionTimestamp.IsZero() {
		return quiet(r.delete(ctx, item))
	}
	before := item.DeepCopy()
	if controllerutil.AddFinalizer(item, v1alpha1.Finalizer) {
		if err := r.patchMetadata(ctx, before, item); err != nil {
			return quiet(ctrl.Result{}, err)
		}
	}
	return quiet(r.advance(ctx, item))
}

// advance runs the steps and persists what they made of the status, also after an error.
func (r *Reconciler) advance(ctx context.Context, item *v1alpha1.WorkItem) (ctrl.Result, error) {
	read := item.DeepCopy()   // as it was read: what is announced is the difference to it
	before := item.DeepCopy() // as it was last written: what is patched is the difference to it
	observeSpec(item)

	res, err := r.run(ctx, before, item)
	summarize(r.clock.Now(), item)

	if perr := r.patchStatus(ctx, before, item); perr != nil {
		if errors.Is(perr, errVanished) {
			r.vanished(ctx, item)
		}
		return ctrl.Result{}, perr
	}
	r.announce(ctx, read, item)
	return r.next(res, err)
}

// run stops what is to be stopped and then runs the steps up to the first that is not done. Whatever fails is recorded
// in a condition: what the queue does with an error is seen by nobody.
func (r *Reconciler) run(ctx context.Context, before, item *v1alpha1.WorkItem) (result, error) {
	stopping, err := r.stop(ctx, item)
	if err != nil {
		failed(r.clock.Now(), item, v1alpha1.ConditionBuildStarted, err)
		return stopping, err
	}
	var res result
	for _, s := range r.steps(before) {
		if res, err = s.Reconcile(ctx, item); err != nil {
			failed(r.clock.Now(), item, s.condition(), err)
			return res, err
		}
		if !res.done {
			break
		}
	}
	return res.orSooner(stopping), nil
}

// failed records what kept a step from being done. Of a build it is then not known how it stands.
func failed(now time.Time, item *v1alpha1.WorkItem, condition string, err error) {
	set := conditionsOf(now, item)
	switch condition {
	case v1alpha1.ConditionBuildStarted, v1alpha1.ConditionBuildFinished:
		set.Unknown(condition, conditions.Reason(err), fault.Message(err))
	default:
		set.Fail(condition, err)
	}
}

// next turns a step's end into the queue's words. A wait is not a failure; a terminal error, which a condition tells of,
// is looked at again after a long while, because an item is never given up silently.
func (r *Reconciler) next(res result, err error) (ctrl.Result, error) {
	if w, ok := fault.AsWait(err); ok {
		if w.After <= 0 {
			return ctrl.Result{}, err // who asks to wait without saying how long is left to the queue's backoff
		}
		return ctrl.Result{RequeueAfter: max(w.After, time.Second)}, nil
	}
	if fault.IsTerminal(err) {
		return ctrl.Result{RequeueAfter: terminalRecheck}, nil
	}
	return ctrl.Result{RequeueAfter: res.after}, err
}

// terminalRecheck is how soon something is looked at again that only a person can mend.
const terminalRecheck = 2 * time.Minute

// quiet makes a conflict a requeue: somebody else wrote, the next reconcile sees what. An item that is gone is the end.
func quiet(res ctrl.Result, err error) (ctrl.Result, error) {
	switch {
	case apierrors.IsConflict(err):
		return ctrl.Result{RequeueAfter: 100 * time.Millisecond}, nil
	case errors.Is(err, errVanished):
		return ctrl.Result{}, nil
	case err != nil:
		return ctrl.Result{}, fmt.Errorf("reconciling the work item: %w", err)
	}
	return res, nil
}
