// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// deleteEnvironment deletes the environment, which stays until nothing uses it, as its own controller sees to.
func (w *world) deleteEnvironment() *v1alpha1.WorkEnvironment {
	env := w.environment()
	env.Finalizers = []string{v1alpha1.Finalizer}
	w.must(w.client.Update(w.t.Context(), env))
	w.must(w.client.Delete(w.t.Context(), env))
	return w.environment()
}

// Deleting an environment stops what runs in it and ends what waits for it.
func TestTheEnvironmentIsDeleted(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.branch("feature/y")
	w.item("runs", "feature/x")
	w.until("runs", "running", isRunning)
	w.item("queued", "feature/y")
	w.item("waits", "feature/none")
	for _, name := range []string{"queued", "waits"} {
		w.look(name)
	}
	env := w.deleteEnvironment()

	woken := map[string]bool{}
	for _, request := range w.r.itemsThatWaitFor(t.Context(), env) {
		woken[request.Name] = true
	}
	for _, name := range []string{"runs", "queued", "waits"} {
		if !woken[name] {
			t.Errorf("%s is not woken by the deletion", name)
		}
		item := w.until(name, "concluded", concluded)
		c := item.Condition(v1alpha1.ConditionSucceeded)
		if c.Reason != v1alpha1.ReasonEnvironmentDeleted || item.Status.Phase != v1alpha1.PhaseCancelled || !strings.Contains(c.Message, "move the card away and back") {
			t.Errorf("%s ended in phase %s as %s: %s", name, item.Status.Phase, c.Reason, c.Message)
		}
	}
	if w.held() != 0 || w.starts() != 1 {
		t.Errorf("%d rows held, %d builds", w.held(), w.starts())
	}
}

// An infrastructure failure is not tried again in an environment that goes.
func TestNoRetryInAnEnvironmentThatGoes(t *testing.T) {
	w := newWorld(t)
	over := make(chan struct{})
	w.work = hangUntil(over)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.until("one", "running", isRunning)
	close(over)
	w.deny("codebuild", "StopBuild")
	w.deleteEnvironment()
	item := w.until("one", "concluded", concluded)
	if c := item.Condition(v1alpha1.ConditionSucceeded); c.Reason != v1alpha1.ReasonEnvironmentDeleted || w.starts() != 1 {
		t.Errorf("ended as %s after %d builds", c.Reason, w.starts())
	}
}

// A namespace's deletion takes all objects at once: the environment may go first, Events cannot be made any more, and no
// new object can. The build is stopped and its rows are free before the item goes.
func TestTheNamespaceIsDeleted(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.item("runs", "feature/x")
	w.item("waits", "feature/none")
	w.until("runs", "running", isRunning)
	w.look("waits")
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
	w.must(w.client.Delete(t.Context(), namespace))
	for _, kind := range []client.Object{&corev1.Secret{}, &v1alpha1.WorkEnvironment{}, &v1alpha1.WorkSource{}, &v1alpha1.WorkItem{}} {
		w.must(w.client.DeleteAllOf(t.Context(), kind, client.InNamespace(w.namespace)))
	}
	w.restart()
	w.untilGone("waits")
	w.untilGone("runs")
	if w.held() != 0 || w.starts() != 1 {
		t.Errorf("%d rows held, %d builds", w.held(), w.starts())
	}
	if list, err := w.builds.Recent(t.Context(), project, noon.AddDate(0, 0, -1)); err != nil || !list[0].State.Over() {
		t.Errorf("the build runs on: %v, %v", list, err)
	}
}
