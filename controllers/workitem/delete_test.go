// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestDeletionWaitsForTheBuild(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.item("one", "feature/x")
	item := w.until("one", "running", isRunning)
	w.must(w.client.Delete(t.Context(), item))
	w.look("one")
	if item = w.get("one"); len(item.Finalizers) == 0 {
		t.Fatal("the object went while its build ran")
	}
	for range 100 {
		w.clock.Step(5 * time.Second)
		time.Sleep(2 * time.Millisecond)
		w.watcher.Tick(t.Context(), w.clock.Now())
		w.look("one")
		if err := w.client.Get(t.Context(), client.ObjectKeyFromObject(item), item); apierrors.IsNotFound(err) {
			if w.held() != 0 {
				t.Errorf("%d rows are held by a deleted item", w.held())
			}
			return
		}
	}
	t.Fatalf("the object never went: %s", describe(item))
}

func TestForcedDeletionSaysWhatMayRun(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.item("one", "feature/x")
	item := w.until("one", "running", isRunning)
	item.Annotations = map[string]string{v1alpha1.ForceDeleteAnnotation: "true"}
	w.must(w.client.Update(t.Context(), item))
	w.must(w.client.Delete(t.Context(), item))
	w.look("one")
	if err := w.client.Get(t.Context(), client.ObjectKeyFromObject(item), item); !apierrors.IsNotFound(err) {
		t.Fatalf("the object is still there: %v", err)
	}
	for {
		select {
		case e := <-w.events.Events:
			if strings.Contains(e, "may still run") && strings.Contains(e, item.Status.Attempt.Build.ID) {
				return
			}
		default:
			t.Fatal("no event names the build that may still run")
		}
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
