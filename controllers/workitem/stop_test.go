// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func buildFinishedIs(reason string) func(*v1alpha1.WorkItem) bool {
	return func(i *v1alpha1.WorkItem) bool {
		return i.Condition(v1alpha1.ConditionBuildFinished).Reason == reason
	}
}

func TestCancel(t *testing.T) {
	t.Run("while it waits", func(t *testing.T) {
		w := newWorld(t)
		w.item("one", "feature/none")
		w.look("one")
		w.cancel("one")
		item := w.until("one", "concluded", concluded)
		if item.Status.Phase != v1alpha1.PhaseCancelled || w.starts() != 0 {
			t.Errorf("phase %s, %d builds", item.Status.Phase, w.starts())
		}
	})
	t.Run("while it runs", func(t *testing.T) {
		w := newWorld(t)
		w.work = hang
		w.branch("feature/x")
		w.item("one", "feature/x")
		w.until("one", "running", isRunning)
		w.cancel("one")
		item := w.until("one", "concluded", concluded)
		if item.Status.Phase != v1alpha1.PhaseCancelled || w.held() != 0 || w.starts() != 1 {
			t.Errorf("phase %s, %d rows held, %d builds: %s", item.Status.Phase, w.held(), w.starts(), describe(item))
		}
		// Cancelled is not processed: trigger it again does it.
		w.work = succeed
		item.Spec.Cancel = false
		triggered := metav1.NewTime(w.clock.Now().Add(time.Second))
		item.Spec.TriggeredAt = &triggered
		w.must(w.client.Update(t.Context(), item))
		w.until("one", "succeeded", func(i *v1alpha1.WorkItem) bool { return i.Status.Phase == v1alpha1.PhaseSucceeded })
	})
}

// A lock that was acquired just before the write that would have recorded it was refused is abandoned, not forgotten.
func TestCancelBetweenAcquireAndIntent(t *testing.T) {
	for name, end := range map[string]func(*world){
		"cancelled": func(w *world) {
			w.cancel("one")
			w.until("one", "concluded", concluded)
		},
		"deleted": func(w *world) {
			w.must(w.client.Delete(t.Context(), w.get("one")))
			w.look("one")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.branch("feature/x")
			w.item("one", "feature/x")
			w.failStatus = conflictOfAttempt
			w.look("one")
			if w.held() != 2 {
				t.Fatalf("%d rows are held: the case is not what it should be", w.held())
			}
			w.failStatus = nil
			end(w)
			if w.held() != 0 || w.starts() != 0 {
				t.Errorf("%d rows held, %d builds", w.held(), w.starts())
			}
		})
	}
}

// A role without the permission codebuild:StopBuild leaves the build running. The item says so, and follows the build to its end.
func TestTheStopIsDenied(t *testing.T) {
	running := func(t *testing.T) (*world, chan struct{}) {
		w, over := newWorld(t), make(chan struct{})
		w.work = hangUntil(over)
		w.branch("feature/x")
		w.item("one", "feature/x")
		w.until("one", "running", isRunning)
		w.deny("codebuild", "StopBuild")
		return w, over
	}
	t.Run("and the build ends by itself", func(t *testing.T) {
		w, over := running(t)
		w.cancel("one")
		item := w.until("one", "showing that the stop was refused", buildFinishedIs(v1alpha1.ReasonStopRefused))
		if c := item.Condition(v1alpha1.ConditionReady); !strings.Contains(c.Message, "codebuild:StopBuild") {
			t.Errorf("a person does not learn what to grant: %s", c.Message)
		}
		if !w.happened(v1alpha1.ReasonStopRefused) {
			t.Error("no event says so")
		}
		close(over)
		item = w.until("one", "concluded", concluded)
		if c := item.Condition(v1alpha1.ConditionSucceeded); c.Reason != v1alpha1.ReasonCancelled || w.held() != 0 {
			t.Errorf("ended as %s: %s; %d rows held", c.Reason, c.Message, w.held())
		}
	})
	t.Run("and it is asked again once a minute", func(t *testing.T) {
		w, _ := running(t)
		w.cancel("one")
		w.faults.Reset()
		for range 5 {
			w.restart() // what a restart forgets must not be when it was asked
			w.look("one")
		}
		if n := w.faults.Calls("codebuild", "StopBuild"); n != 1 {
			t.Errorf("StopBuild was called %d times within a minute", n)
		}
		w.clock.Step(policy.StopAgain)
		w.faults.Clear()
		if item := w.until("one", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseCancelled || item.Status.Attempt.StopRefusal != "" {
			t.Errorf("once the right is granted: %s", describe(item))
		}
	})
	t.Run("and nobody wants it any more", func(t *testing.T) {
		w, _ := running(t)
		w.cancel("one")
		item := w.until("one", "showing that the stop was refused", buildFinishedIs(v1alpha1.ReasonStopRefused))
		item.Spec.Cancel = false
		w.must(w.client.Update(t.Context(), item))
		w.until("one", "running again", buildFinishedIs(v1alpha1.ReasonRunning))
	})
	t.Run("and a person unlocks", func(t *testing.T) {
		w, _ := running(t)
		w.deny("codebuild", "BatchGetBuilds")
		w.cancel("one")
		item := w.until("one", "unknown", buildFinishedIs(v1alpha1.ReasonBuildUnknown))
		w.clock.Step(2 * time.Hour)
		row, err := locks.BranchRow(t.Context(), w.table, item.Status.Attempt)
		w.must(err)
		w.must(w.table.Unlock(t.Context(), row, w.clock.Now()))
		item = w.until("one", "concluded", concluded)
		if c := item.Condition(v1alpha1.ConditionSucceeded); c.Reason != v1alpha1.ReasonCancelled || w.held() != 0 {
			t.Errorf("ended as %s: %s; %d rows held", c.Reason, c.Message, w.held())
		}
	})
	t.Run("to a deleted item", func(t *testing.T) {
		w, over := running(t)
		w.must(w.client.Delete(t.Context(), w.get("one")))
		w.until("one", "showing that the stop was refused", buildFinishedIs(v1alpha1.ReasonStopRefused))
		close(over)
		if w.untilGone("one"); w.held() != 0 {
			t.Errorf("%d rows are held by a deleted item", w.held())
		}
	})
}

// An attempt that cannot be abandoned says why.
func TestAbandoningFails(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.deny("codebuild", "StartBuild")
	w.look("one")
	allow := w.deny("dynamodb", "BatchGetItem")
	w.cancel("one")
	w.look("one")
	if c := w.get("one").Condition(v1alpha1.ConditionReady); c.Reason != v1alpha1.ReasonAccessDenied || !strings.Contains(c.Message, "Cancelled") {
		t.Errorf("Ready says %s: %s", c.Reason, c.Message)
	}
	allow()
	if w.until("one", "concluded", concluded); w.held() != 0 {
		t.Errorf("%d rows held", w.held())
	}
}

// What only waits holds nothing that AWS would have to be asked about.
func TestCancelWithoutAWS(t *testing.T) {
	w := newWorld(t)
	w.item("one", "feature/none")
	w.look("one")
	w.deny("dynamodb", "BatchGetItem")
	w.cancel("one")
	w.look("one")
	if item := w.get("one"); item.Status.Phase != v1alpha1.PhaseCancelled || !concluded(item) {
		t.Errorf("phase %s: %s", item.Status.Phase, describe(item))
	}
}

// A worker whose clock is an hour behind works on; one that sends no more heartbeats is stopped.
func TestSilenceIsMeasuredByOneClock(t *testing.T) {
	w, heartbeats := newWorld(t), make(chan time.Time)
	w.work = sendingHeartbeats(heartbeats)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.until("one", "running", isRunning)
	for range 30 {
		select {
		case heartbeats <- w.clock.Now().Add(-time.Hour):
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

// deleteEnvironment deletes the environment, which stays until nothing uses it, as its own controller sees to.
func (w *world) deleteEnvironment(onDelete v1alpha1.OnDelete) *v1alpha1.WorkEnvironment {
	env := w.environment()
	env.Finalizers = []string{v1alpha1.Finalizer}
	env.Spec.OnDelete = onDelete
	w.must(w.client.Update(w.t.Context(), env))
	w.must(w.client.Delete(w.t.Context(), env))
	return w.environment()
}

// Deleting an environment that cancels stops what runs in it and ends what waits for it.
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
	env := w.deleteEnvironment(v1alpha1.OnDeleteCancel)

	woken := map[string]bool{}
	for _, request := range w.r.itemsConcernedBy(t.Context(), env) {
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

// Deleting an environment that waits stops nothing and ends nothing: what runs ends as it would have, and what waits goes on
// in the environment that comes back.
func TestTheEnvironmentIsDeletedAndComesBack(t *testing.T) {
	w := newWorld(t)
	over := make(chan struct{})
	w.work = func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		if _, err := newWorker(ctx, w, b); err != nil {
			return err
		}
		select {
		case <-over:
			return succeed(ctx, w, b)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	w.branch("feature/x")
	w.branch("feature/y")
	w.item("runs", "feature/x")
	w.until("runs", "running", isRunning)
	w.item("queued", "feature/y")
	w.look("queued")
	env := w.deleteEnvironment(v1alpha1.OnDeleteWait)
	for _, name := range []string{"runs", "queued"} {
		w.look(name)
	}
	if n := w.faults.Calls("codebuild", "StopBuild"); n != 0 {
		t.Errorf("%d builds were asked to stop", n)
	}
	if c := w.get("queued").Condition(v1alpha1.ConditionAdmitted); c.Reason != v1alpha1.ReasonEnvironmentDeleting || !strings.Contains(c.Message, "this goes on") {
		t.Errorf("what waits says %s: %s", c.Reason, c.Message)
	}
	close(over)
	if item := w.until("runs", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
		t.Errorf("the build's outcome is lost: %s", item.Status.Phase)
	}
	// The environment's own controller lets it go, as nothing runs any more.
	env.Finalizers = nil
	w.must(w.client.Update(w.t.Context(), env))
	w.look("queued")
	if c := w.get("queued").Condition(v1alpha1.ConditionAdmitted); c.Reason != v1alpha1.ReasonEnvironmentNotFound {
		t.Errorf("what waits says %s: %s", c.Reason, c.Message)
	}
	w.createEnvironment()
	if requests := w.r.itemsConcernedBy(t.Context(), w.environment()); len(requests) != 1 || requests[0].Name != "queued" {
		t.Errorf("the environment is back, and wakes %v", requests)
	}
	if item := w.until("queued", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded || w.starts() != 2 {
		t.Errorf("what waited is %s, after %d builds", item.Status.Phase, w.starts())
	}
}

// An infrastructure failure is not tried again in an environment that is being deleted.
func TestNoRetryInAnEnvironmentThatGoes(t *testing.T) {
	w := newWorld(t)
	over := make(chan struct{})
	w.work = hangUntil(over)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.until("one", "running", isRunning)
	close(over)
	w.deny("codebuild", "StopBuild")
	w.deleteEnvironment(v1alpha1.OnDeleteCancel)
	item := w.until("one", "concluded", concluded)
	if c := item.Condition(v1alpha1.ConditionSucceeded); c.Reason != v1alpha1.ReasonEnvironmentDeleted || w.starts() != 1 {
		t.Errorf("ended as %s after %d builds", c.Reason, w.starts())
	}
}

// oneCard is a lock table with one card's record.
type oneCard struct {
	lock.Table
	card lock.CardRow
}

func (o oneCard) Card(context.Context, string) (lock.CardRow, error) { return o.card, nil }

func TestOutcomeWithoutBuild(t *testing.T) {
	good, err := contract.Result{
		Outcome: contract.OutcomeSucceeded, TestsGate: contract.GatePassed, CoverageGate: contract.GatePassed,
	}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		why  string
		card lock.CardRow
		want string
	}{
		"no record": {"nobody did the work", lock.CardRow{}, v1alpha1.ReasonWithdrawn},
		"another's": {"another attempt's record says nothing of this one",
			lock.CardRow{Exists: true, LockID: "lock-2", Outcome: contract.OutcomeSucceeded, Result: good}, v1alpha1.ReasonWithdrawn},
		"its own": {"the branch is another's by now, and only the record says that the work was done",
			lock.CardRow{Exists: true, LockID: "lock-1", Outcome: contract.OutcomeSucceeded, Result: good}, v1alpha1.ReasonSucceeded},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := outcomeWithoutBuild(t.Context(), oneCard{card: c.card}, &v1alpha1.Attempt{LockID: "lock-1"}, policy.StopCause{Outcome: contract.OutcomeWithdrawn})
			if err != nil || string(got.Name) != c.want {
				t.Errorf("%s: got %q (%v), want %q", c.why, got.Name, err, c.want)
			}
		})
	}
}
