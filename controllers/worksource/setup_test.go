// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kwait "k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/event"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
)

// TestEventsStartAReconcile runs the controller as the manager does, with its watches and its cache, and without a
// poll ever becoming due: the clock does not move.
func TestEventsStartAReconcile(t *testing.T) {
	w := newWorld(t)
	stop := w.start()
	source := w.source()
	card := w.card("Add dark mode", "Ready", "feature/dark")
	w.eventually("the source says that its environment is missing", func() bool {
		return condition(w.get(), v1alpha1.ConditionReady) == "False EnvironmentNotFound"
	})

	environment := w.environment(false)
	w.eventually("a new environment makes a poll, and the poll an item", func() bool {
		return w.exists(card) && condition(w.get(), v1alpha1.ConditionReady) == "False EnvironmentNotReady"
	})
	setReady(t, w, environment)
	w.eventually("the environment's readiness becomes the source's", func() bool {
		return condition(w.get(), v1alpha1.ConditionReady) == "True Polled"
	})

	// The source is deleted while no controller runs; the next one finds its items and deletes them.
	stop()
	must(t, w.client.Delete(t.Context(), source))
	w.start()
	w.eventually("the items of a source that is gone are deleted", func() bool { return !w.exists(card) })
}

// start runs the controller until the test ends, or stop is called.
func (w *world) start() (stop func()) {
	w.t.Helper()
	mgr, err := ctrl.NewManager(testenv.Config(), ctrl.Options{
		Scheme: w.scheme, Metrics: metricsserver.Options{BindAddress: "0"},
		// Its name may be used once a process otherwise, and here it starts twice.
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{w.namespace: {}}},
	})
	must(w.t, err)
	r := New(Options{
		Client: mgr.GetClient(), Boards: w.boards, Clock: w.clock, Events: w.events, Metrics: w.r.metrics, Random: w.r.random,
	})
	must(w.t, r.SetupWithManager(mgr))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("the manager ended with %v", err)
		}
	}
	w.t.Cleanup(stop)
	return stop
}

func (w *world) exists(card string) bool {
	w.letGo()
	err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: ItemName(card)}, &v1alpha1.WorkItem{})
	if err != nil && !apierrors.IsNotFound(err) {
		w.t.Fatal(err)
	}
	return err == nil
}

// eventually waits for what a controller does by itself.
func (w *world) eventually(what string, so func() bool) {
	w.t.Helper()
	err := kwait.PollUntilContextTimeout(w.t.Context(), 20*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) {
		return so(), nil
	})
	if err != nil {
		w.t.Fatalf("%s: not so after 30s; the source is %+v", what, w.get().Status)
	}
}

func TestEnvironmentChanged(t *testing.T) {
	with := func(change func(*v1alpha1.WorkEnvironment)) *v1alpha1.WorkEnvironment {
		e := &v1alpha1.WorkEnvironment{}
		e.Generation = 1
		e.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue}}
		change(e)
		return e
	}
	cases := []struct {
		why    string
		change func(*v1alpha1.WorkEnvironment)
		want   bool
	}{
		{"a build that starts changes nothing for a source, and there are many", func(e *v1alpha1.WorkEnvironment) { e.Status.SlotsInUse = 1 }, false},
		{"a new tier changes the interval", func(e *v1alpha1.WorkEnvironment) { e.Generation = 2 }, true},
		{"deletion ends the polling", func(e *v1alpha1.WorkEnvironment) { e.DeletionTimestamp = at(0) }, true},
		{"readiness is the source's too", func(e *v1alpha1.WorkEnvironment) { e.Status.Conditions[0].Status = metav1.ConditionFalse }, true},
		{"and so is why it is not ready", func(e *v1alpha1.WorkEnvironment) { e.Status.Conditions[0].Message = "no bucket" }, true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			update := event.UpdateEvent{ObjectOld: with(func(*v1alpha1.WorkEnvironment) {}), ObjectNew: with(c.change)}
			if got := environmentChanged().Update(update); got != c.want {
				t.Errorf("the change is let through: %t, want %t", got, c.want)
			}
		})
	}
}
