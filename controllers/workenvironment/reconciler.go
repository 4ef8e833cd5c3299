// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// +kubebuilder:rbac:groups=kiro-worker.io,resources=workenvironments,verbs=get;list;watch;update;patch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workenvironments/status,verbs=get;update;patch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workenvironments/finalizers,verbs=update
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workitems,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

const (
	defaultInterval = time.Minute
	defaultRefresh  = 10 * time.Second

	// conflictRetry is how soon a reconcile that lost against another writer is done again.
	conflictRetry = 200 * time.Millisecond
	// callTimeout bounds one look at an environment: services that hang must not hold up the others.
	callTimeout = 45 * time.Second
)

// Options is what a Reconciler is made of.
type Options struct {
	Client  client.Client
	Tables  Tables
	Builds  Builds
	Stores  Stores
	Clock   clock.PassiveClock
	Events  events.EventRecorder
	Metrics *Metrics
	// Interval is the time between two checks of an environment that is usable. Zero is a minute. One that is not
	// usable is checked sooner.
	Interval time.Duration
	// Refresh is the least time between two looks at slots and queue, however much goes on. Zero is 10s.
	Refresh time.Duration
	// Concurrency is how many environments are looked at at once. Zero is 4.
	Concurrency int
}

// Reconciler keeps an environment's status true.
type Reconciler struct {
	Options

	looks *looks
}

// New returns a Reconciler.
func New(o Options) *Reconciler {
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	if o.Refresh == 0 {
		o.Refresh = defaultRefresh
	}
	return &Reconciler{Options: o, looks: newLooks()}
}

// Reconcile looks at an environment if it is time to.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	environment := &v1alpha1.WorkEnvironment{}
	if err := r.Client.Get(ctx, req.NamespacedName, environment); err != nil {
		if apierrors.IsNotFound(err) {
			r.looks.forget(req.NamespacedName)
			r.Metrics.forget(req.NamespacedName)
		}
		return quiet(ctrl.Result{}, err)
	}
	if !environment.DeletionTimestamp.IsZero() {
		return quiet(ctrl.Result{}, r.delete(ctx, environment))
	}
	before := environment.DeepCopy()
	if controllerutil.AddFinalizer(environment, v1alpha1.Finalizer) {
		if err := r.patchFinalizers(ctx, before, environment); err != nil {
			return quiet(ctrl.Result{}, err)
		}
	}
	return quiet(r.look(ctx, environment))
}

// look brings the status up to date, as far as it is time to, and persists it, also after an error.
func (r *Reconciler) look(ctx context.Context, environment *v1alpha1.WorkEnvironment) (ctrl.Result, error) {
	before := environment.DeepCopy()
	l := r.begin(environment)
	if !l.refresh {
		r.Metrics.observe(environment)
		return ctrl.Result{RequeueAfter: r.looks.last(environment).left(l.began, r.Refresh)}, nil
	}
	environment.Status.ObservedGeneration = environment.Generation
	if l.check {
		at := wholeSeconds(l.began)
		environment.Status.LastCheckTime = &at
	}
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()

	var err error
	for _, s := range r.steps() {
		if err = s.run(bounded, l); err != nil {
			break
		}
	}
	summarize(l)
	r.Metrics.observe(environment)
	if perr := r.patchStatus(ctx, before, environment); perr != nil {
		return ctrl.Result{}, perr
	}
	r.looks.done(environment, l)
	r.announce(ctx, before, environment)
	return ctrl.Result{RequeueAfter: r.nextCheck(environment)}, err
}

// quiet makes a conflict a requeue: somebody else wrote, and the next reconcile sees what.
func quiet(result ctrl.Result, err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: conflictRetry}, nil
	}
	return result, client.IgnoreNotFound(err)
}
