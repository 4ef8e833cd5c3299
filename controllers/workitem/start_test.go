// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"errors"
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

func TestCrashesAroundTheStart(t *testing.T) {
	crash := errors.New("the controller died here")
	hasIntent := func(i *v1alpha1.WorkItem) bool { return i.Status.Attempt != nil && i.Status.Attempt.IntentTime != nil }
	hasBuild := func(i *v1alpha1.WorkItem) bool { return hasIntent(i) && i.Status.Attempt.Build != nil }
	once := func(w *world, when func(*v1alpha1.WorkItem) bool, err error) {
		done := false
		w.failStatus = func(i *v1alpha1.WorkItem) error {
			if done || !when(i) {
				return nil
			}
			done = true
			return err
		}
	}
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "workitems"}, "one", errors.New("somebody wrote"))
	for name, c := range map[string]struct {
		why     string
		disturb func(*world)
	}{
		"after acquiring, before the intent": {
			"the lock is found again by its id",
			func(w *world) { once(w, hasIntent, crash) },
		},
		"conflict on the intent": {
			"what was decided on an old object is dropped, and no build is started from it",
			func(w *world) { once(w, hasIntent, conflict) },
		},
		"after the start, before the status": {
			"the same token gives the same build",
			func(w *world) { once(w, hasBuild, crash) },
		},
		"StartBuild's answer lost": {
			"the same call is repeated and gives the same build",
			func(w *world) {
				w.faults.Add(faults.Rule{Service: "codebuild", Operation: "StartBuild", Nth: 1, Fault: faults.Fault{LoseAnswer: true}})
			},
		},
		"StartBuild answers nonsense": {
			"a proxy's page says nothing about whether a build was started",
			func(w *world) {
				w.faults.Add(faults.Rule{Service: "codebuild", Operation: "StartBuild", Nth: 1, Fault: faults.Fault{NotJSON: true}})
			},
		},
		"acquiring, answer lost": {
			"the transaction went through: its lock is found by its id",
			func(w *world) {
				w.faults.Add(faults.Rule{Service: "dynamodb", Operation: "TransactWriteItems", Nth: 1, Fault: faults.Fault{LoseAnswer: true}})
			},
		},
		"claim's answer lost": {
			"the claim is repeated by the same build and granted again",
			func(w *world) {
				w.faults.Add(faults.Rule{Service: "dynamodb", Operation: "TransactWriteItems", Nth: 2, Fault: faults.Fault{LoseAnswer: true}})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.branch("feature/x")
			w.item("one", "feature/x")
			c.disturb(w)
			_, err := w.reconcile("one")
			w.restart()
			item := w.until("one", "concluded", concluded)
			if item.Status.Phase != v1alpha1.PhaseSucceeded || w.starts() != 1 || w.held() != 0 {
				t.Errorf("%s: phase %s, %d builds started, %d rows held (first reconcile: %v)", c.why, item.Status.Phase, w.starts(), w.held(), err)
			}
		})
	}
}

func TestCapacityIsNoFailure(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.item("one", "feature/x")
	refuse := w.faults.Add(faults.Rule{Service: "codebuild", Operation: "StartBuild", Rate: 1, Fault: faults.Fault{
		Status: http.StatusBadRequest, Code: "AccountLimitExceededException", Message: "Cannot have more than 1 builds in queue",
	}})
	w.look("one")
	if c := w.get("one").Condition(v1alpha1.ConditionBuildStarted); c.Reason != v1alpha1.ReasonCapacity {
		t.Fatalf("BuildStarted says %+v", c)
	}
	item := w.until("one", "back in the queue", func(i *v1alpha1.WorkItem) bool { return len(i.Status.PastAttempts) > 0 })
	if w.held() != 0 || item.Status.PastAttempts[0].Outcome != v1alpha1.ReasonAbandoned || item.Status.PastAttempts[0].Counted {
		t.Errorf("after two minutes: %d rows held, %+v", w.held(), item.Status.PastAttempts)
	}
	refuse()
	item = w.until("one", "concluded", concluded)
	if item.Status.Phase != v1alpha1.PhaseSucceeded || item.Status.Attempt.Number < 2 {
		t.Errorf("once there is room: %s, attempt %d", item.Status.Phase, item.Status.Attempt.Number)
	}
}

// A build that finds its lock lost does nothing. That it may not be stopped must not keep its item from the next
// attempt.
func TestAnUnneededBuildMayRunOn(t *testing.T) {
	w := newWorld(t)
	w.deny("codebuild", "StopBuild")
	w.work = hang
	w.branch("feature/x")
	w.item("one", "feature/x")
	lost := false
	w.failStatus = func(i *v1alpha1.WorkItem) error {
		if a := i.Status.Attempt; a != nil && a.IntentTime != nil && !lost {
			lost = true
			row, err := locks.BranchRow(t.Context(), w.table, a)
			w.must(err)
			w.must(w.table.Abandon(t.Context(), row, w.clock.Now()))
		}
		return nil
	}
	item := w.until("one", "running", isRunning)
	if item.Status.Attempt.Number != 2 || w.held() != 2 {
		t.Errorf("attempt %d runs, %d rows held", item.Status.Attempt.Number, w.held())
	}
}
