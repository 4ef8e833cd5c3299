// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestUsersOf(t *testing.T) {
	items := []v1alpha1.WorkItem{
		accepted("c"), accepted("b", working), accepted("a", done),
		accepted("unreported", done, func(i *v1alpha1.WorkItem) {
			meta.RemoveStatusCondition(&i.Status.Conditions, v1alpha1.ConditionConcluded)
		}),
		accepted("retriggered", done, func(i *v1alpha1.WorkItem) { i.Spec.TriggeredAt = at(2 * time.Hour) }),
	}
	want := []user{{"b", "arn:build/b"}, {"c", ""}, {"retriggered", ""}, {"unreported", ""}}
	if diff := cmp.Diff(want, usersOf(checked(cancelling), items), cmp.AllowUnexported(user{})); diff != "" {
		t.Errorf("users of one that cancels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]user{want[0], want[3]}, usersOf(checked(), items), cmp.AllowUnexported(user{})); diff != "" {
		t.Errorf("users of one that waits for what runs (-want +got):\n%s", diff)
	}
	if got := names([]user{{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}, {"e", ""}}); got != "a, b, c, and 2 more" {
		t.Errorf("five users are named %q", got)
	}
	if e := deletedWhileInUse(want); e.Type() != "Warning" {
		t.Errorf("a build that may still run without its environment is a %s", e.Type())
	}
}

func cancelling(e *v1alpha1.WorkEnvironment) { e.Spec.OnDelete = v1alpha1.OnDeleteCancel }

// TestDeletionKeepsWhatWaits: an environment that is deleted, as by accident, waits for its builds and for nothing else.
// Said otherwise during the deletion, it waits for every item to end.
func TestDeletionKeepsWhatWaits(t *testing.T) {
	w := newWorld(t)
	e := w.environment()
	w.reconcile()
	w.item("running", working)
	w.item("waiting")
	must(t, w.client.Delete(t.Context(), e))
	w.reconcile()
	text := message(w.get(), v1alpha1.ConditionReady)
	for _, part := range []string{"waits for the builds of 1 work items", "running", "spec.onDelete to Cancel", "go on once an environment of this name exists again"} {
		mentions(t, text, part)
	}
	e = w.get()
	cancelling(e)
	must(t, w.client.Update(t.Context(), e))
	w.reconcile()
	mentions(t, message(w.get(), v1alpha1.ConditionReady), "waits for 2 work items")
	e = w.get()
	e.Spec.OnDelete = v1alpha1.OnDeleteWait
	must(t, w.client.Update(t.Context(), e))
	i := &v1alpha1.WorkItem{}
	must(t, w.client.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "running"}, i))
	i.Status.Attempt.Outcome = v1alpha1.ReasonTestsFailed
	must(t, w.client.Status().Update(t.Context(), i))
	w.reconcile()
	if err := w.client.Get(t.Context(), w.key(), e); !apierrors.IsNotFound(err) {
		t.Errorf("nothing runs, and the environment is still there: %v", err)
	}
	must(t, w.client.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "waiting"}, i))
	if i.Finished() {
		t.Error("what only waited has ended")
	}
}

// The items stop by themselves; the environment waits until the last of them has ended. In a namespace that is being
// deleted it is the same.
func TestDeletionWaitsUntilItsItemsHaveEnded(t *testing.T) {
	for name, namespaceToo := range map[string]bool{"the environment's": false, "the namespace's": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			e := w.environment(cancelling)
			w.reconcile()
			w.item("running", working)
			w.item("done", done)
			w.item("past", done, func(i *v1alpha1.WorkItem) {
				i.Spec.TriggeredAt, i.Status.ObservedTrigger = at(0), at(time.Minute)
			})
			if namespaceToo {
				must(t, w.client.Delete(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}))
			}
			must(t, w.client.Delete(t.Context(), e))
			w.reconcile()
			got := w.get()
			text := message(got, v1alpha1.ConditionReady)
			for len(w.events.Events) > 1 {
				<-w.events.Events
			}
			if event := <-w.events.Events; !strings.HasPrefix(event, "Normal InUse") {
				t.Errorf("a person asked for the deletion, and its event is %q", event)
			}
			if condition(got, v1alpha1.ConditionReady) != "False InUse" || !strings.Contains(text, "waits for 1 ") || !strings.Contains(text, "running") {
				t.Errorf("while an item uses it the environment is %s: %s", condition(got, v1alpha1.ConditionReady), text)
			}
			i := &v1alpha1.WorkItem{}
			must(t, w.client.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "running"}, i))
			i.Status.Attempt.Outcome = v1alpha1.ReasonEnvironmentDeleted
			done(i)
			must(t, w.client.Status().Update(t.Context(), i))
			w.reconcile()
			if err := w.client.Get(t.Context(), w.key(), e); !apierrors.IsNotFound(err) {
				t.Errorf("after its last item ended, the environment is still there: %v", err)
			}
		})
	}
}

func TestForcedDeletionNamesWhatMayStillRun(t *testing.T) {
	w := newWorld(t)
	e := w.environment(func(e *v1alpha1.WorkEnvironment) {
		e.Annotations = map[string]string{v1alpha1.ForceDeleteAnnotation: "true"}
	})
	w.reconcile()
	w.item("running", working)
	for len(w.events.Events) > 0 {
		<-w.events.Events
	}
	must(t, w.client.Delete(t.Context(), e))
	w.reconcile()
	if err := w.client.Get(t.Context(), w.key(), e); !apierrors.IsNotFound(err) {
		t.Errorf("the environment is still there: %v", err)
	}
	if event := <-w.events.Events; !strings.HasPrefix(event, "Warning InUse") || !strings.Contains(event, "arn:build/running") {
		t.Errorf("the event does not name the build that may still run: %q", event)
	}
}
