// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// +kubebuilder:rbac:groups=kiro-worker.io,resources=worksources,verbs=get;list;watch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=worksources/status,verbs=get;update;patch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=worksources/finalizers,verbs=update
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workitems,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workenvironments,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// conflictRetry is how soon a reconcile that lost against another writer is done again.
const conflictRetry = 200 * time.Millisecond

// Options is what a Reconciler is made of.
type Options struct {
	Client  client.Client
	Boards  Boards
	Clock   clock.PassiveClock
	Events  events.EventRecorder
	Metrics *Metrics
	// Random spreads polls over time; it returns numbers from 0 up to 1.
	Random func() float64
	// Concurrency is how many boards are polled at once. Zero is 4.
	Concurrency int
}

// Reconciler makes WorkItems of a WorkSource's cards.
type Reconciler struct {
	client      client.Client
	boards      Boards
	clock       clock.PassiveClock
	events      events.EventRecorder
	metrics     *Metrics
	random      func() float64
	concurrency int
}

// New returns a Reconciler.
func New(o Options) *Reconciler {
	return &Reconciler{
		client: o.Client, boards: o.Boards, clock: o.Clock, events: o.Events, metrics: o.Metrics, random: o.Random,
		concurrency: o.Concurrency,
	}
}

// Reconcile polls the board if it is time to.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	source := &v1alpha1.WorkSource{}
	if err := r.client.Get(ctx, req.NamespacedName, source); err != nil {
		if apierrors.IsNotFound(err) {
			return ctrl.Result{}, r.clearAfter(ctx, req.NamespacedName)
		}
		return ctrl.Result{}, err
	}
	if !source.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	before := source.DeepCopy()
	result, err := r.poll(ctx, source)
	summarize(source, r.clock.Now())

	r.metrics.observe(source)
	if perr := r.patchStatus(ctx, before, source); perr != nil {
		return quiet(ctrl.Result{}, perr)
	}
	r.announce(ctx, before, source)
	return quiet(result, err)
}

// poll runs the steps up to the first that is not done, and settles when to look next.
func (r *Reconciler) poll(ctx context.Context, source *v1alpha1.WorkSource) (ctrl.Result, error) {
	source.Status.ObservedGeneration = source.Generation
	p := &poll{began: r.clock.Now(), source: source}
	ctx, cancel := context.WithTimeout(ctx, source.Spec.PollDeadline())
	defer cancel()

	for _, s := range r.steps() {
		next, err := s.run(ctx, p)
		if err != nil {
			return r.brokenOff(p, err)
		}
		switch next {
		case wait:
			return r.waiting(p)
		case stop:
			return r.failed(p)
		case goOn:
		}
	}
	return r.complete(p)
}

// quiet makes a conflict a requeue: somebody else wrote, and the next reconcile sees what.
func quiet(result ctrl.Result, err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: conflictRetry}, nil
	}
	return result, client.IgnoreNotFound(err)
}
