// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// beating is a build that claims its lock, gives the signs of life that it is sent, and works until it is ended.
func beating(beats <-chan time.Time) func(context.Context, *world, emulatorcodebuild.Running) error {
	return func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		k, err := newWorker(ctx, w, b)
		if err != nil {
			return err
		}
		for {
			select {
			case at := <-beats:
				p := lock.Progress{Stage: contract.StageAgent}
				if err := w.table.Heartbeat(ctx, k.Lock, b.ARN, at, at.Add(time.Hour), p); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// A worker whose clock is an hour behind works on; one that gives no more signs of life is stopped.
func TestSilenceIsMeasuredByOneClock(t *testing.T) {
	w, beats := newWorld(t), make(chan time.Time)
	w.work = beating(beats)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.until("one", "running", isRunning)
	for range 30 {
		select {
		case beats <- w.clock.Now().Add(-time.Hour):
		case <-time.After(20 * time.Second):
			t.Fatalf("the worker was stopped: %s", describe(w.get("one")))
		}
		w.clock.Step(30 * time.Second)
		w.watcher.Tick(t.Context(), w.clock.Now())
		w.look("one")
	}
	if a := w.get("one").Status.Attempt; a.StopRequestedTime != nil || a.Outcome != "" {
		t.Fatalf("a worker whose clock is behind was stopped: %+v", a)
	}
	item := w.until("one", "stopped", func(i *v1alpha1.WorkItem) bool { return len(i.Status.PastAttempts) > 0 })
	if past := item.Status.PastAttempts[0]; past.Outcome != v1alpha1.ReasonWorkerSilent || w.held() != 0 {
		t.Errorf("the first attempt ended as %s, %d rows held", past.Outcome, w.held())
	}
}

// The worker was stopped at our deadline and gave its lock back as interrupted, which it cannot know to be a time-out.
// The trigger is processed all the same, and no other cluster may do it again.
func TestAnEndThatTheBuildCouldNotKnowIsRecorded(t *testing.T) {
	w := newWorld(t)
	w.work = func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		k, err := newWorker(ctx, w, b)
		if err != nil {
			return err
		}
		now := w.clock.Now()
		if err := w.table.Heartbeat(ctx, k.Lock, b.ARN, now, now.Add(time.Hour), lock.Progress{Stage: contract.StageAgent}); err != nil {
			return err
		}
		<-ctx.Done()
		return errors.Join(ctx.Err(), k.release(context.WithoutCancel(ctx), contract.StatusFailed, contract.Result{Outcome: contract.OutcomeInterrupted}))
	}
	w.branch("feature/x")
	card := func(i *v1alpha1.WorkItem) {
		triggered := metav1.NewTime(noon)
		i.Spec.Card, i.Spec.TriggeredAt = &v1alpha1.Card{Provider: "github", ID: "PVTI_1"}, &triggered
	}
	w.item("one", "feature/x", card)
	w.until("one", "at work", func(i *v1alpha1.WorkItem) bool { return isRunning(i) && i.Status.Attempt.Progress.Stage != "" })
	past := metav1.NewTime(w.clock.Now().Add(-time.Minute))
	item := w.get("one")
	item.Status.Attempt.Deadlines.RunBy = &past
	w.must(w.client.Status().Update(t.Context(), item))
	item = w.until("one", "concluded", concluded)
	if c := item.Condition(v1alpha1.ConditionSucceeded); c.Reason != v1alpha1.ReasonTimedOut || w.held() != 0 {
		t.Fatalf("ended as %s, %d rows held: the case is not what it should be", c.Reason, w.held())
	}
	w.item("elsewhere", "feature/x", card)
	item = w.until("elsewhere", "concluded", concluded)
	if c := item.Condition(v1alpha1.ConditionSucceeded); c.Reason != v1alpha1.ReasonAlreadyDone || w.starts() != 1 {
		t.Errorf("the same trigger elsewhere ended as %s; %d builds", c.Reason, w.starts())
	}
}

// A wait that lasts a day is told once, and ends nothing.
func TestALongWaitIsTold(t *testing.T) {
	w := newWorld(t)
	w.item("one", "feature/x")
	w.look("one")
	w.clock.Step(acceptanceOverdue)
	for range 3 {
		w.look("one")
	}
	item := w.get("one")
	if c := item.Condition(v1alpha1.ConditionOverdue); c.Reason != v1alpha1.ReasonAcceptanceOverdue || item.Finished() {
		t.Errorf("after a day: %s", describe(item))
	}
	if !w.happened(v1alpha1.ReasonAcceptanceOverdue) || w.happened(v1alpha1.ReasonAcceptanceOverdue) {
		t.Error("it is not told exactly once")
	}
	w.branch("feature/x")
	item = w.until("one", "concluded", concluded)
	if item.Status.Phase != v1alpha1.PhaseSucceeded || item.Condition(v1alpha1.ConditionOverdue).Type != "" {
		t.Errorf("once it is there: %s", describe(item))
	}
}
