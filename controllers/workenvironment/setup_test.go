// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
)

// TestEventsStartAReconcile runs the controller as the manager does, with its watches, its cache and the cache's
// index.
func TestEventsStartAReconcile(t *testing.T) {
	w := newWorld(t)
	w.start()
	e := w.environment(cancelling)
	w.eventually("a new environment is checked", func() bool {
		return condition(w.get(), v1alpha1.ConditionReady) == "True Usable"
	})
	w.item("waits")
	w.eventually("a changed item has the queue read again", func() bool {
		w.clock.SetTime(w.clock.Now().Add(time.Millisecond)) // far less than until the next check
		return w.get().Status.Queue.Length == 1
	})

	must(t, w.client.Delete(t.Context(), e))
	w.eventually("deletion is noticed", func() bool { return condition(w.get(), v1alpha1.ConditionReady) == "False InUse" })
	i := &v1alpha1.WorkItem{}
	must(t, w.client.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "waits"}, i))
	must(t, w.client.Delete(t.Context(), i))
	w.eventually("the environment is deleted after its last item", func() bool {
		return client.IgnoreNotFound(w.client.Get(t.Context(), w.key(), e)) == nil && w.client.Get(t.Context(), w.key(), e) != nil
	})
}

// start runs the controller until the test ends.
func (w *world) start() {
	w.t.Helper()
	mgr, err := ctrl.NewManager(testenv.Config(), ctrl.Options{
		Scheme: w.scheme, Metrics: metricsserver.Options{BindAddress: "0"},
		// Its name may be used once a process otherwise.
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{w.namespace: {}}},
	})
	must(w.t, err)
	must(w.t, items.AddIndex(w.t.Context(), mgr.GetFieldIndexer()))
	r := w.reconciler(mgr.GetClient())
	r.Refresh = time.Millisecond
	must(w.t, r.SetupWithManager(mgr))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("the manager ended with %v", err)
		}
	})
}

// eventually waits for what a controller does by itself.
func (w *world) eventually(what string, so func() bool) {
	w.t.Helper()
	err := wait.PollUntilContextTimeout(w.t.Context(), 20*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) {
		return so(), nil
	})
	if err != nil {
		w.t.Fatalf("%s: not so after 30s", what)
	}
}
