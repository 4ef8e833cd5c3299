// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// deny has AWS deny an operation until allow is called.
func (w *world) deny(service, operation string) (allow func()) {
	return w.faults.Add(faults.Rule{Service: service, Operation: operation, Rate: 1, Fault: faults.Fault{
		Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: "not authorized to perform " + operation,
	}})
}

// untilGone lets the world go on until the object is no more.
func (w *world) untilGone(name string) {
	w.t.Helper()
	item := &v1alpha1.WorkItem{}
	for range 400 {
		w.watcher.Tick(w.t.Context(), w.clock.Now())
		if _, err := w.reconcile(name); err != nil {
			w.t.Logf("reconcile: %v", err)
		}
		err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, item)
		if apierrors.IsNotFound(err) {
			return
		}
		w.must(err)
		w.clock.Step(5 * time.Second)
		time.Sleep(2 * time.Millisecond) // the emulator's builds run in real time
	}
	w.t.Fatalf("never gone: %s, attempt %+v", describe(item), item.Status.Attempt)
}

// hangUntil is a build that claims its lock and then works until over is closed, or it is ended.
func hangUntil(over <-chan struct{}) func(context.Context, *world, emulatorcodebuild.Running) error {
	return func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		if _, err := newWorker(ctx, w, b); err != nil {
			return err
		}
		select {
		case <-over:
			return errors.New("it crashed")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// happened reports whether an event of that reason was recorded, and forgets what was recorded before it.
func (w *world) happened(reason string) bool {
	for {
		select {
		case e := <-w.events.Events:
			if strings.Contains(e, " "+reason+" ") {
				return true
			}
		default:
			return false
		}
	}
}

func buildFinishedIs(reason string) func(*v1alpha1.WorkItem) bool {
	return func(i *v1alpha1.WorkItem) bool {
		return i.Condition(v1alpha1.ConditionBuildFinished).Reason == reason
	}
}

// A role that lacks codebuild:StopBuild leaves the build running. The item says so, and follows the build to its end.
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
		item := w.until("one", "told that the stop was refused", buildFinishedIs(v1alpha1.ReasonStopRefused))
		if c := item.Condition(v1alpha1.ConditionReady); !strings.Contains(c.Message, "codebuild:StopBuild") {
			t.Errorf("a person is not told what to grant: %s", c.Message)
		}
		if !w.happened(v1alpha1.ReasonStopRefused) {
			t.Error("no event tells of it")
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
		w.clock.Step(stopAgain)
		w.faults.Clear()
		if item := w.until("one", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseCancelled || item.Status.Attempt.StopRefusal != "" {
			t.Errorf("once the right is granted: %s", describe(item))
		}
	})
	t.Run("and nobody wants it any more", func(t *testing.T) {
		w, _ := running(t)
		w.cancel("one")
		item := w.until("one", "told that the stop was refused", buildFinishedIs(v1alpha1.ReasonStopRefused))
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
		row, err := branchRow(t.Context(), w.table, item.Status.Attempt)
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
		w.until("one", "told that the stop was refused", buildFinishedIs(v1alpha1.ReasonStopRefused))
		close(over)
		if w.untilGone("one"); w.held() != 0 {
			t.Errorf("%d rows are held by a deleted item", w.held())
		}
	})
}

// A build that finds its lock taken away does nothing. That it may not be stopped must not keep its item from the next
// attempt.
func TestAnUnneededBuildMayRunOn(t *testing.T) {
	w := newWorld(t)
	w.deny("codebuild", "StopBuild")
	w.work = hang
	w.branch("feature/x")
	w.item("one", "feature/x")
	taken := false
	w.failStatus = func(i *v1alpha1.WorkItem) error {
		if a := i.Status.Attempt; a != nil && a.IntentTime != nil && !taken {
			taken = true
			row, err := branchRow(t.Context(), w.table, a)
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

// An attempt that cannot be given up says why.
func TestGivingUpFails(t *testing.T) {
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
