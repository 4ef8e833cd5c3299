// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestEnvironmentThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.source()
	card := w.card("Add dark mode", "Ready", "feature/dark")
	if result := w.reconcile(); result.RequeueAfter != 0 {
		t.Errorf("requeued after %s, although the environment's event will come", result.RequeueAfter)
	}
	s := w.get()
	if got := condition(s, v1alpha1.ConditionReady); got != "False EnvironmentNotFound" || s.Status.ObservedGeneration != s.Generation {
		t.Errorf("the source is %s, generation %d observed", got, s.Status.ObservedGeneration)
	}
	if calls := w.calls(); len(calls) != 0 {
		t.Errorf("a board was asked without an environment: %v", calls)
	}

	environment := w.environment(false)
	w.reconcile()
	s = w.get()
	if got := condition(s, v1alpha1.ConditionReady); got != "False EnvironmentNotReady" {
		t.Errorf("with an environment that was not checked the source is %s", got)
	}
	w.item(card) // it is made all the same, waits and says why

	environment.Finalizers = []string{v1alpha1.Finalizer}
	must(t, w.client.Update(t.Context(), environment))
	must(t, w.client.Delete(t.Context(), environment))
	w.calls()
	w.clock.SetTime(epoch.Add(time.Hour))
	w.reconcile()
	if got := condition(w.get(), v1alpha1.ConditionReady); got != "False EnvironmentDeleting" || len(w.calls()) != 0 {
		t.Errorf("while its environment is being deleted the source is %s", got)
	}
}
