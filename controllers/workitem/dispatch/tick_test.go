// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// A slot that another cluster frees is reported by nobody, and found by a look.
func TestALookFindsWhatNobodyReports(t *testing.T) {
	w, _ := started(t)
	next := w.dispatcher.Tick(t.Context())
	if left := next.Sub(w.clock.Now()); left <= 0 || left > 10*time.Second {
		t.Errorf("the next look is due in %s", left)
	}
	clear(w.rows)
	w.clock.Step(10 * time.Second)
	w.dispatcher.Tick(t.Context())
	if diff := cmp.Diff([]string{"b"}, w.granted); diff != "" {
		t.Errorf("granted (-want +got):\n%s", diff)
	}
}

// An environment of one namespace may lack the right to read what that of another reads.
func TestALookIsMadeByWhoCan(t *testing.T) {
	w := newWorld(t)
	w.environments = []v1alpha1.WorkEnvironment{*environment("a"), *environment("team")}
	w.items = []v1alpha1.WorkItem{*waiting("one")}
	w.down["a"] = true
	w.start()
	w.dispatcher.Tick(t.Context())
	if diff := cmp.Diff([]string{"one"}, w.granted); diff != "" || w.looks != 2 {
		t.Errorf("after %d looks (-want +got):\n%s", w.looks, diff)
	}
}

func TestALookThatFailsIsRepeatedLater(t *testing.T) {
	w := newWorld(t)
	w.environments = []v1alpha1.WorkEnvironment{*environment("team")}
	w.items = []v1alpha1.WorkItem{*waiting("one")}
	w.down["team"] = true
	w.start()
	next := w.dispatcher.Tick(t.Context())
	w.dispatcher.Tick(t.Context())
	if w.looks != 1 || !next.After(w.clock.Now()) {
		t.Errorf("%d looks at once, the next at %s", w.looks, next)
	}
	w.down["team"] = false
	w.clock.SetTime(next)
	w.dispatcher.Tick(t.Context())
	if len(w.granted) != 1 {
		t.Errorf("%v are granted", w.granted)
	}
}

func TestProjectsAreLookedAtSideBySide(t *testing.T) {
	w := newWorld(t)
	for _, namespace := range []string{"a", "b", "c"} {
		w.environments = append(w.environments, *environment(namespace, func(e *v1alpha1.WorkEnvironment) { e.Status.ProjectARN += namespace }))
		w.items = append(w.items, *waiting(namespace, func(i *v1alpha1.WorkItem) { i.Namespace = namespace }))
	}
	w.start()
	w.dispatcher.Tick(t.Context())
	if w.looks != 3 || len(w.granted) != 3 {
		t.Errorf("%d looks, %v are granted", w.looks, w.granted)
	}
}

// The Runner is woken by what makes a look due sooner than it knew.
func TestRunner(t *testing.T) {
	w := newWorld(t)
	w.environments = []v1alpha1.WorkEnvironment{*environment("team")}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	runner := &Runner{Dispatcher: w.dispatcher, Clock: w.clock, Random: func() float64 { return 0 }}
	go func() { done <- runner.Start(ctx) }()
	for !w.clock.HasWaiters() {
		time.Sleep(time.Millisecond)
	}
	w.dispatcher.Observe(nil, waiting("a"))
	for w.grants() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil || !runner.NeedLeaderElection() {
		t.Errorf("it ended with %v", err)
	}
}

func (w *world) grants() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.granted)
}
