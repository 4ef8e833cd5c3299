// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

// +kubebuilder:rbac:groups=kiro-worker.io,resources=workenvironments,verbs=list;watch;patch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workenvironments/status,verbs=patch
// +kubebuilder:rbac:groups=kiro-worker.io,resources=workitems,verbs=list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

const (
	defaultInterval = time.Minute
	defaultRefresh  = 30 * time.Second

	// callTimeout bounds the calls of one reconcile: services that hang must not hold up the other environments.
	callTimeout = 45 * time.Second
)

// Options is what a Reconciler is made of.
type Options struct {
	Client client.Client
	// Prompts reads the ConfigMaps with prompts of agents, past any cache.
	Prompts       client.Reader
	Tables        Tables
	Builds        Builds
	Stores        Stores
	Secrets       Secrets
	Notifications Notifications
	Queues        Queues
	Clock         clock.PassiveClock
	Events        reconcile.EventRecorder
	Metrics       *Metrics
	// Installation is the name of this installation, the same for all of its replicas. Empty knows no other.
	Installation string
	// Yield is called when another installation works on an environment: it has to end this process, whose other controllers
	// work on the environment's items.
	Yield func(error)
	// Interval is the time between two checks of an environment that is usable. Zero is a minute. One that is not
	// usable is checked sooner.
	Interval time.Duration
	// Refresh is the least time between two reads of slots and queue, however many items change. Zero is 30s.
	Refresh time.Duration
	// Concurrency is how many environments are reconciled at once. Zero is 4.
	Concurrency int
}

// Reconciler keeps an environment's status up to date.
type Reconciler struct {
	Options

	runs *runs
}

// New returns a Reconciler.
func New(o Options) *Reconciler {
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	if o.Refresh == 0 {
		o.Refresh = defaultRefresh
	}
	return &Reconciler{Options: o, runs: newRuns()}
}

// Reconcile reads what is due of an environment and brings its status up to date.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	environment := &v1alpha1.WorkEnvironment{}
	switch err := r.Client.Get(ctx, req.NamespacedName, environment); {
	case apierrors.IsNotFound(err):
		r.runs.forget(req.NamespacedName)
		r.Metrics.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	case err != nil:
		return reconcile.End(reconcile.Result{}, fmt.Errorf("reading the environment: %w", err))
	case environment.AnotherInstallation(r.Installation, r.Clock.Now()) != nil:
		r.Yield(environment.AnotherInstallation(r.Installation, r.Clock.Now()))
		return reconcile.End(reconcile.WaitFor(v1alpha1.ClaimDuration), nil)
	case !environment.DeletionTimestamp.IsZero():
		return reconcile.End(reconcile.Result{}, r.delete(ctx, environment))
	}
	if err := reconcile.EnsureFinalizer(ctx, r.Client, environment); err != nil {
		return reconcile.End(reconcile.Result{}, err)
	}

	now, last := r.Clock.Now(), r.runs.last(environment)
	part := extentDue(now, environment, last, r.Interval, r.Refresh)
	if part == nothing {
		r.Metrics.observe(environment, r.Clock.Now())
		return reconcile.End(reconcile.WaitFor(last.left(now, r.Refresh)), nil)
	}
	before := environment.DeepCopy()
	environment.Claim(r.Installation, now)
	result, failures := r.run(ctx, environment, now, part)
	summarize(environment, now, part, failures)

	r.Metrics.observe(environment, r.Clock.Now())
	if _, err := reconcile.PatchStatus(ctx, r.Client, before, environment); err != nil {
		return reconcile.End(reconcile.Result{}, err)
	}
	run := last.next(now, environment, part, longestWait(failures))
	r.runs.record(environment, run)
	r.recorder().Transitions(log.FromContext(ctx), before, environment, withEvents, conditionChanged)
	// At the latest after an interval, also where a service asked to wait longer: the claim is renewed.
	next := reconcile.WaitFor(min(nextCheck(r.Clock.Now(), environment, run.notBefore, r.Interval), r.Interval))
	return reconcile.End(next.Sooner(result), kubernetesError(failures))
}

// run runs the steps of a part within the time that they are given.
func (r *Reconciler) run(ctx context.Context, environment *v1alpha1.WorkEnvironment, now time.Time, part extent) (reconcile.Result, []reconcile.Failure) {
	environment.Status.ObservedGeneration = environment.Generation
	if part == everything {
		at := wholeSeconds(now)
		environment.Status.LastCheckTime = &at
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return reconcile.RunAll(ctx, environment, r.steps(now, part), func(condition string, err error) {
		reportFailure(environment, now, condition, err)
	})
}

func (r *Reconciler) recorder() reconcile.Recorder { return reconcile.Recorder{Events: r.Events} }
