// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// +kubebuilder:rbac:groups=kiro-worker.io,resources=worksources,verbs=list;watch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=worksources/status,verbs=patch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workitems,verbs=list;watch;create;patch;delete
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workenvironments,verbs=list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Options is what a Reconciler is made of.
type Options struct {
	Client  client.Client
	Boards  Boards
	Clock   clock.PassiveClock
	Events  reconcile.EventRecorder
	Metrics *Metrics
	// Traces tells polls. Nil tells none.
	Traces *tracing.Exporter
	// Random spreads polls over time; it returns numbers from 0 up to 1.
	Random func() float64
	// Concurrency is how many boards are polled at once. Zero is 4.
	Concurrency int
	// All makes calls that do not depend on each other. Nil makes them one after the other.
	All func(calls []func())
}

// Reconciler makes WorkItems of a WorkSource's cards.
type Reconciler struct {
	client      client.Client
	boards      Boards
	clock       clock.PassiveClock
	recorder    reconcile.Recorder
	metrics     *Metrics
	traces      *tracing.Exporter
	random      func() float64
	concurrency int
	all         func(calls []func())
}

// New returns a Reconciler.
func New(o Options) *Reconciler {
	if o.All == nil {
		o.All = func(calls []func()) {
			for _, call := range calls {
				call()
			}
		}
	}
	return &Reconciler{
		client: o.Client, boards: o.Boards, clock: o.Clock, recorder: reconcile.Recorder{Events: o.Events}, metrics: o.Metrics, traces: o.Traces,
		random: o.Random, concurrency: o.Concurrency, all: o.All,
	}
}

// Reconcile polls the board if it is time to.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	source := &v1alpha1.WorkSource{}
	switch err := r.client.Get(ctx, req.NamespacedName, source); {
	case apierrors.IsNotFound(err):
		r.metrics.forget(req.NamespacedName)
		return reconcile.End(reconcile.Result{}, deleteItemsOf(ctx, r.client, req.NamespacedName))
	case err != nil:
		return reconcile.End(reconcile.Result{}, fmt.Errorf("reading the source: %w", err))
	case !source.DeletionTimestamp.IsZero():
		return ctrl.Result{}, nil
	}
	before := source.DeepCopy()
	result, err := r.pollIfDue(ctx, source, r.clock.Now())
	summarize(source, r.clock.Now())

	r.metrics.observe(source)
	if _, patchErr := reconcile.PatchStatus(ctx, r.client, before, source); patchErr != nil {
		return reconcile.End(reconcile.Result{}, patchErr)
	}
	r.recorder.Transitions(log.FromContext(ctx), before, source, withEvents, conditionChanged)
	return reconcile.End(result, err)
}

// pollIfDue finds the environment, polls the board if it is time to, and decides when to poll next.
func (r *Reconciler) pollIfDue(ctx context.Context, source *v1alpha1.WorkSource, now time.Time) (reconcile.Result, error) {
	source.Status.ObservedGeneration = source.Generation
	ctx, cancel := context.WithTimeout(ctx, source.Spec.PollDeadline())
	defer cancel()

	environment, err := findEnvironment(ctx, r.client, source, now)
	if err != nil || environment == nil {
		return reconcile.Result{}, err // an event of the environment starts the next reconcile
	}
	r.metrics.paced(source, source.Spec.PollInterval(environment))
	if source.Spec.Suspend {
		return r.retainSuspended(ctx, source, environment, now)
	}
	if !due(now, source, source.Spec.PollInterval(environment)) {
		return untilNextPoll(now, source), nil
	}
	source.Status.LastHandledReconcileAt = requested(source)

	result, err := r.tracedPoll(ctx, source, environment, now)
	var failure *boardError
	switch {
	case errors.As(err, &failure):
		return r.failed(source, environment, now, failure.err), nil
	case err != nil:
		r.interrupted(source, now)
		return reconcile.Result{}, err
	}
	return r.complete(source, environment, now, result), nil
}
