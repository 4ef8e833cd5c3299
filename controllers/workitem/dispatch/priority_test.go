// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// After a start, what was granted a slot is reconciled first, then what is worked on, and last what waits.
func TestTheOrderAfterAStart(t *testing.T) {
	w := newWorld(t)
	q := priorityqueue.New[ctrl.Request]("test")
	defer q.ShutDown()
	events := []handler.EventHandler{&handler.EnqueueRequestForObject{}, w.dispatcher.Items()}
	items := []*v1alpha1.WorkItem{waiting("waits"), waiting("runs", attempt(1, "", 0)), waiting("ended", attempt(1, "BuildFailed", 0)), waiting("granted")}
	for _, item := range items {
		for _, h := range events {
			h.Create(t.Context(), event.CreateEvent{Object: item, IsInInitialList: true}, q)
		}
	}
	EnqueueGranted().Generic(t.Context(), event.GenericEvent{Object: items[3]}, q)
	var order []string
	for range items[:2] {
		request, _, _ := q.GetWithPriority()
		order = append(order, request.Name)
		q.Done(request)
	}
	if diff := cmp.Diff([]string{"granted", "runs"}, order); diff != "" {
		t.Errorf("the first in the work queue (-want +got):\n%s", diff)
	}
}

// What a look shows to have ended makes room for those that were granted its slots.
func TestWhatEndedComesAfterWhatStarts(t *testing.T) {
	q := priorityqueue.New[ctrl.Request]("test")
	defer q.ShutDown()
	EnqueueSeen().Generic(t.Context(), event.GenericEvent{Object: waiting("ended")}, q)
	EnqueueGranted().Generic(t.Context(), event.GenericEvent{Object: waiting("granted")}, q)
	for _, want := range []string{"granted", "ended"} {
		if request, _, _ := q.GetWithPriority(); request.Name != want {
			t.Errorf("%s comes first, want %s", request.Name, want)
		}
	}
}

// What is reconciled again later has the priority of where it is by then, and not the one that it came in with.
func TestPriority(t *testing.T) {
	w := newWorld(t)
	w.environments = []v1alpha1.WorkEnvironment{*environment("team")}
	w.items = []v1alpha1.WorkItem{*waiting("a"), *waiting("b")}
	w.start()
	w.dispatcher.Tick(t.Context())
	for name, c := range map[string]struct {
		item *v1alpha1.WorkItem
		want int
	}{
		"granted":      {waiting("a"), grantPriority},
		"waits":        {waiting("b"), handler.LowPriority},
		"runs":         {waiting("c", attempt(1, "", 0)), plainPriority},
		"not accepted": {waiting("d", func(i *v1alpha1.WorkItem) { i.Status.Conditions = nil }), plainPriority},
	} {
		if got := w.dispatcher.Priority(c.item); got != c.want {
			t.Errorf("%s: priority %d, want %d", name, got, c.want)
		}
	}
}
