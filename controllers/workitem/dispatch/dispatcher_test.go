// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/queue"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

func urgent(i *v1alpha1.WorkItem) { i.Spec.Priority = 9 }

func TestAGrantFollowsALook(t *testing.T) {
	w := newWorld(t)
	w.dispatcher.ObserveEnvironment(environment("team"))
	w.dispatcher.Observe(nil, waiting("a"))
	w.dispatcher.Observe(nil, waiting("b", urgent))
	w.dispatcher.Tick(t.Context())
	if len(w.granted) != 0 || w.looks != 0 {
		t.Errorf("before the queues are rebuilt, %v are granted after %d looks", w.granted, w.looks)
	}
	w.items = []v1alpha1.WorkItem{*waiting("a"), *waiting("b", urgent)}
	w.environments = []v1alpha1.WorkEnvironment{*environment("team")}
	w.start()
	if len(w.granted) != 0 {
		t.Errorf("without a look at the slots, %v are granted", w.granted)
	}
	w.dispatcher.Tick(t.Context())
	if diff := cmp.Diff([]string{"b"}, w.granted); diff != "" {
		t.Errorf("one slot is free (-want +got):\n%s", diff)
	}
	if p := w.place("b"); !p.Granted || p.Grant.Name != "b" {
		t.Errorf("b is at %+v", p)
	}
	if p := w.place("a"); p.Granted || p.Reason != queue.ReasonNotFirst {
		t.Errorf("a is at %+v", p)
	}
}

// started is a world in which a holds the only slot, and b waits.
func started(t *testing.T) (*world, *v1alpha1.WorkItem) {
	return startedAmong(t, map[string]time.Time{})
}

// startedAmong is the same, among other clusters that want slots.
func startedAmong(t *testing.T, wants map[string]time.Time) (*world, *v1alpha1.WorkItem) {
	w := newWorld(t)
	w.wants = wants
	a := waiting("a", attempt(1, "", 4))
	w.environments = []v1alpha1.WorkEnvironment{*environment("team")}
	w.items = []v1alpha1.WorkItem{*a, *waiting("b")}
	w.hold(4, "uid-a", 1)
	w.start()
	w.dispatcher.Tick(t.Context())
	if len(w.granted) != 0 {
		t.Fatalf("%v are granted: the case is not what it should be", w.granted)
	}
	return w, a
}

// Whoever reports a release, the next item has its slot at once, without a look.
func TestReleases(t *testing.T) {
	for name, release := range map[string]func(*world, *v1alpha1.WorkItem){
		"by a step":      func(w *world, a *v1alpha1.WorkItem) { w.dispatcher.Released(a.UID, a.Status.Attempt) },
		"by the sweeper": func(w *world, _ *v1alpha1.WorkItem) { w.dispatcher.Freed(environment("team"), w.hold(4, "uid-a", 1)) },
		"by the watcher": func(w *world, _ *v1alpha1.WorkItem) {
			w.dispatcher.RowReleased(watch.Place{TableRegion: "eu-west-1", TableName: "locks"}, w.hold(4, "uid-a", 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, a := started(t)
			looks := w.looks
			release(w, a)
			if diff := cmp.Diff([]string{"b"}, w.granted); diff != "" || w.looks != looks {
				t.Errorf("after %d looks more (-want +got):\n%s", w.looks-looks, diff)
			}
		})
	}
	w, _ := started(t)
	w.dispatcher.RowReleased(watch.Place{TableRegion: "eu-west-1", TableName: "others"}, w.hold(4, "uid-a", 1))
	w.dispatcher.RowReleased(watch.Place{TableRegion: "eu-west-1", TableName: "locks"}, lock.Row{})
	if len(w.granted) != 0 {
		t.Errorf("another table's row frees no slot here, and %v are granted", w.granted)
	}
}

func TestAcquiredAndRefused(t *testing.T) {
	w := newWorld(t)
	b := waiting("b")
	w.environments = []v1alpha1.WorkEnvironment{*environment("team")}
	w.items = []v1alpha1.WorkItem{*waiting("a"), *b}
	w.start()
	w.dispatcher.Tick(t.Context())
	w.dispatcher.Refused("uid-a", queue.RefusedOther, noon.Add(10*time.Second))
	if diff := cmp.Diff([]string{"a", "b"}, w.granted); diff != "" {
		t.Fatalf("those behind it go first (-want +got):\n%s", diff)
	}
	slot := w.place("b").Grant.Slot
	w.dispatcher.Acquired(b, project, lock.Lock{SlotKey: contract.SlotKey(project, slot)})
	w.hold(slot, "uid-b", 1)
	w.dispatcher.Observe(b, waiting("b", attempt(1, "", slot)))
	if p := w.place("b"); p != (queue.Place{}) {
		t.Errorf("it is worked on, and is at %+v", p)
	}
	w.clock.Step(time.Minute)
	w.dispatcher.Tick(t.Context())
	if w.place("a").Granted {
		t.Error("a was granted the slot that b holds")
	}
}

func TestObserve(t *testing.T) {
	w, a := started(t)
	w.dispatcher.Forget(a)
	again := waiting("a")
	again.UID = "uid-again"
	w.dispatcher.Observe(a, again)
	if s, known := w.dispatcher.Snapshot(types.NamespacedName{Namespace: "team", Name: "env"}); !known || s.Length != 2 {
		t.Errorf("made again, it waits: %+v", s)
	}
	w.dispatcher.Observe(again, waiting("a", func(i *v1alpha1.WorkItem) { i.UID, i.Spec.Cancel = "uid-again", true }))
	if s, _ := w.dispatcher.Snapshot(types.NamespacedName{Namespace: "team", Name: "env"}); s.Length != 1 {
		t.Errorf("cancelled, it does not wait: %+v", s)
	}
}

// Three items' attempts that end in a row with one infrastructure failure apply the brake, and a restart knows it.
func TestBrake(t *testing.T) {
	w := newWorld(t)
	w.dispatcher.ObserveEnvironment(environment("team"))
	key := types.NamespacedName{Namespace: "team", Name: "env"}
	for _, name := range []string{"a", "b", "c"} {
		if s, _ := w.dispatcher.Snapshot(key); s.Brake.Applied {
			t.Errorf("the brake is applied before %s has failed", name)
		}
		old, ended := waiting(name, attempt(1, "", 0)), waiting(name, attempt(1, contract.OutcomeBuildFault, 0))
		w.dispatcher.Observe(nil, old)
		w.dispatcher.Observe(old, ended)
		w.dispatcher.Observe(ended, ended.DeepCopy()) // told twice, it ended once
	}
	if s, _ := w.dispatcher.Snapshot(key); !s.Brake.Applied || s.Brake.Reason != contract.OutcomeBuildFault {
		t.Errorf("the brake is %+v", s.Brake)
	}

	degraded := func(e *v1alpha1.WorkEnvironment) {
		e.Status.Conditions = append(e.Status.Conditions, metav1.Condition{
			Type: v1alpha1.ConditionDegraded, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonBuildFault,
			ObservedGeneration: 1, LastTransitionTime: metav1.NewTime(noon.Add(-time.Hour)),
		})
	}
	w = newWorld(t)
	w.environments = []v1alpha1.WorkEnvironment{*environment("team", degraded)}
	w.start()
	s, _ := w.dispatcher.Snapshot(key)
	if !s.Brake.Applied || s.Brake.Reason != contract.OutcomeBuildFault || !s.Brake.Since.Equal(noon.Add(-time.Hour)) {
		t.Errorf("after a restart the brake is %+v", s.Brake)
	}
	w.dispatcher.ObserveEnvironment(environment("team", degraded, func(e *v1alpha1.WorkEnvironment) { e.Generation = 2 }))
	if s, _ := w.dispatcher.Snapshot(key); s.Brake.Applied {
		t.Errorf("after a change of the environment the brake is %+v", s.Brake)
	}
}

func TestAnEnvironmentThatIsGoneStartsNothing(t *testing.T) {
	w, a := started(t)
	w.dispatcher.ForgetEnvironment(environment("team"))
	w.dispatcher.Released(a.UID, a.Status.Attempt)
	w.clock.Step(time.Minute)
	w.dispatcher.Tick(t.Context())
	if len(w.granted) != 0 {
		t.Errorf("%v are granted", w.granted)
	}
	w.dispatcher.ObserveEnvironment(environment("team"))
	delete(w.rows, contract.SlotKey(project, 4))
	w.dispatcher.Tick(t.Context())
	if !slices.Contains(w.granted, "b") {
		t.Error("made again, it starts nothing")
	}
}
