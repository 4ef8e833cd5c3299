// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func (w *world) budget(b *v1alpha1.Budget) {
	w.t.Helper()
	env := w.environment()
	env.Spec.Budget = b
	w.must(w.client.Update(w.t.Context(), env))
	w.usable(true)
}

func builds(n int32) *v1alpha1.BudgetAmounts { return &v1alpha1.BudgetAmounts{Builds: ptr.To(n)} }

// drawn is what is drawn from the environment's budget of the day.
func (w *world) drawn() lock.Drawn {
	w.t.Helper()
	key := contract.DayKey(contract.ProjectScope(w.environment().Status.ProjectARN), w.clock.Now())
	drawn, err := w.table.Drawn(w.t.Context(), []string{key}, "")
	w.must(err)
	return drawn[key]
}

func waitsFor(reason string) func(*v1alpha1.WorkItem) bool {
	return func(i *v1alpha1.WorkItem) bool { return i.Status.Queue != nil && i.Status.Queue.Reason == reason }
}

func TestOverBudgetWaitsForTheNextDay(t *testing.T) {
	w := newWorld(t)
	w.budget(&v1alpha1.Budget{PerDay: builds(1)})
	w.branch("feature/x")
	w.branch("feature/y")
	w.item("one", "feature/x")
	first := w.until("one", "concluded", concluded)
	if d := w.drawn(); d.Builds != 1 || d.Open != 0 || first.Status.Usage == nil || first.Status.Usage.Builds != 1 {
		t.Fatalf("drawn is %+v, the item used %+v", d, first.Status.Usage)
	}
	w.item("two", "feature/y")
	item := w.until("two", "over budget", waitsFor(v1alpha1.ReasonBudgetExhausted))
	c := item.Condition(v1alpha1.ConditionReady)
	if c.Status != metav1.ConditionUnknown || c.Reason != v1alpha1.ReasonBudgetExhausted || !strings.Contains(c.Message, "2026-11-24T00:00:00Z") {
		t.Errorf("it waits, and says until when: %+v", c)
	}
	calls := w.faults.Calls("github", "query Inspect")
	w.clock.Step(10 * time.Minute)
	w.look("two")
	if w.faults.Calls("github", "query Inspect") != calls || w.starts() != 1 {
		t.Errorf("the forge was asked about an item that cannot start, or %d builds", w.starts())
	}
	w.clock.SetTime(contract.NextDay(w.clock.Now()).Add(time.Minute))
	if item := w.until("two", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
		t.Errorf("the next day: %s", describe(item))
	}
}

func TestARaisedBudgetIsSeen(t *testing.T) {
	w := newWorld(t)
	w.budget(&v1alpha1.Budget{PerMonth: &v1alpha1.BudgetAmounts{Minutes: ptr.To[int32](30)}})
	w.branch("feature/x")
	w.item("one", "feature/x")
	item := w.until("one", "over budget", waitsFor(v1alpha1.ReasonBudgetExhausted))
	if c := item.Condition(v1alpha1.ConditionReady); !strings.Contains(c.Message, "never has enough") {
		t.Errorf("a build sets its whole time-out aside: %s", c.Message)
	}
	w.budget(&v1alpha1.Budget{PerMonth: &v1alpha1.BudgetAmounts{Minutes: ptr.To[int32](300)}})
	w.until("one", "concluded", concluded)
}

// What is set aside is given back whatever became of the attempt: each way to its end settles it once.
func TestBudgetIsSettled(t *testing.T) {
	t.Run("abandoned start", func(t *testing.T) {
		w := newWorld(t)
		w.budget(&v1alpha1.Budget{PerDay: builds(100)})
		w.branch("feature/x")
		w.item("one", "feature/x")
		allow := w.deny("codebuild", "StartBuild")
		w.until("one", "abandoned", func(i *v1alpha1.WorkItem) bool { return len(i.Status.PastAttempts) > 0 })
		if d := w.drawn(); d.Builds != 0 || d.Open != 0 {
			t.Errorf("no build was started, and drawn is %+v", d)
		}
		allow()
		w.until("one", "concluded", concluded)
		if d := w.drawn(); d.Builds != 1 || d.Open != 0 {
			t.Errorf("drawn is %+v", d)
		}
	})
	t.Run("crash before the status knows of the lock", func(t *testing.T) {
		w := newWorld(t)
		w.budget(&v1alpha1.Budget{PerDay: builds(1)})
		w.branch("feature/x")
		w.item("one", "feature/x")
		crashed := false
		w.failStatus = func(i *v1alpha1.WorkItem) error {
			if a := i.Status.Attempt; a != nil && a.Build == nil && !crashed {
				crashed = true
				return errors.New("the connection is lost")
			}
			return nil
		}
		item := w.until("one", "concluded", concluded)
		if d := w.drawn(); !crashed || d.Builds != 1 || d.Open != 0 || item.Status.Phase != v1alpha1.PhaseSucceeded {
			t.Errorf("crashed %t, drawn %+v, %s", crashed, d, describe(item))
		}
	})
	t.Run("crash while it concludes", func(t *testing.T) {
		w := newWorld(t)
		w.budget(&v1alpha1.Budget{PerDay: builds(10)})
		w.branch("feature/x")
		w.item("one", "feature/x")
		crashed := 0
		w.failStatus = func(i *v1alpha1.WorkItem) error {
			if i.Finished() && crashed < 2 {
				crashed++
				return errors.New("the connection is lost")
			}
			return nil
		}
		item := w.until("one", "concluded", concluded)
		if d := w.drawn(); crashed != 2 || d.Builds != 1 || d.Open != 0 || item.Status.Usage.Builds != 1 {
			t.Errorf("crashed %d times, drawn %+v, used %+v", crashed, d, item.Status.Usage)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		w := newWorld(t)
		w.work = hang
		w.budget(&v1alpha1.Budget{PerDay: builds(10)})
		w.branch("feature/x")
		w.item("one", "feature/x")
		w.until("one", "running", isRunning)
		if d := w.drawn(); d.Open != 1 {
			t.Errorf("while it runs %+v", d)
		}
		w.clock.Step(2 * time.Minute)
		w.cancel("one")
		w.until("one", "concluded", concluded)
		if d := w.drawn(); d.Builds != 1 || d.Open != 0 || d.Seconds == 0 {
			t.Errorf("drawn is %+v", d)
		}
	})
}

func TestBudgetOfOneItem(t *testing.T) {
	w := newWorld(t)
	w.budget(&v1alpha1.Budget{PerItem: builds(1)})
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.until("one", "concluded", concluded)
	item := w.get("one")
	later := metav1.NewTime(w.clock.Now().Add(time.Second))
	item.Spec.TriggeredAt = &later
	w.must(w.client.Update(t.Context(), item))
	w.clock.Step(2 * time.Second)
	if item := w.until("one", "over budget", waitsFor(v1alpha1.ReasonBudgetExhausted)); !strings.Contains(item.Condition(v1alpha1.ConditionReady).Message, "budget.perItem") {
		t.Errorf("%s", describe(item))
	}
}

// A rule of a board that sets a card back each time is followed a few times a day, also if the item was deleted in between.
func TestTriggerLimit(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	board := w.source()
	source := &v1alpha1.WorkSource{}
	w.must(w.client.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "board"}, source))
	source.Spec.TriggersPerDay = ptr.To[int32](2)
	w.must(w.client.Update(t.Context(), source))
	card := w.card(board, repository)
	again := func() {
		w.clock.Step(time.Minute)
		w.must(w.github.MoveCard(card.ID, "Done"))
		w.must(w.github.MoveCard(card.ID, ready))
		var err error
		card, err = w.github.Card(card.ID)
		w.must(err)
	}
	w.item("one", "feature/x", of(card))
	w.until("one", "concluded", concluded)
	w.must(w.client.Delete(t.Context(), w.get("one")))
	w.untilGone("one")
	again()
	w.item("one", "feature/x", of(card))
	w.until("one", "concluded", concluded)
	again()
	item := w.get("one")
	of(card)(item)
	w.must(w.client.Update(t.Context(), item))
	item = w.until("one", "triggered too often", waitsFor(v1alpha1.ReasonTriggerLimit))
	if c := item.Condition(v1alpha1.ConditionReady); !strings.Contains(c.Message, "2026-11-24T00:00:00Z") || w.starts() != 2 {
		t.Errorf("%d builds, %+v", w.starts(), c)
	}
	// A person's retry counts for nothing.
	later := metav1.NewTime(w.clock.Now().Add(time.Minute).Truncate(time.Second))
	item.Spec.TriggeredAt = &later
	w.must(w.client.Update(t.Context(), item))
	w.clock.Step(time.Minute)
	w.until("one", "concluded", concluded)
	if w.starts() != 3 {
		t.Errorf("%d builds after a retry by hand", w.starts())
	}
}

func TestTheSameTwiceEndsWithNoProgress(t *testing.T) {
	w := newWorld(t)
	env := w.environment()
	env.Spec.Retry.Work = &v1alpha1.Retry{Tries: ptr.To[int32](5)}
	w.must(w.client.Update(t.Context(), env))
	w.usable(true)
	w.branch("feature/x")
	prints := []string{"a", "b", "b", "c"}
	n := 0
	w.work = func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		r := contract.Result{Outcome: contract.OutcomeTestsFailed, TestsGate: contract.GateFailed, Message: "2 tests failed.", Fingerprint: prints[n], PullRequestUpdated: true}
		n++
		return ending(contract.StatusFailed, r)(ctx, w, b)
	}
	w.item("one", "feature/x")
	item := w.until("one", "concluded", concluded)
	c := item.Condition(v1alpha1.ConditionSucceeded)
	if c.Reason != v1alpha1.ReasonNoProgress || n != 3 || !strings.Contains(c.Message, "2 tests failed.") {
		t.Errorf("after %d attempts %+v", n, c)
	}
	card, err := w.table.Card(t.Context(), item.Status.Attempt.Parameters.CardKey)
	if err != nil || card.Outcome != contract.OutcomeNoProgress {
		t.Errorf("another cluster would try again: %+v, %v", card, err)
	}
	later := metav1.NewTime(w.clock.Now().Add(time.Second))
	item.Spec.TriggeredAt = &later
	w.must(w.client.Update(t.Context(), item))
	w.clock.Step(2 * time.Second)
	w.until("one", "tried again after a person's trigger", func(i *v1alpha1.WorkItem) bool { return n == 4 && len(i.Status.PastAttempts) > 3 })
}
