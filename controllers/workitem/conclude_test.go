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

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestOutcomes(t *testing.T) {
	red := contract.Result{Outcome: contract.OutcomeTestsFailed, TestsGate: contract.GateFailed, Message: "2 tests failed.", PullRequestUpdated: true}
	for name, c := range map[string]struct {
		why      string
		work     func(context.Context, *world, emulatorcodebuild.Running) error
		reason   string
		phase    v1alpha1.Phase
		attempts int32
		comments bool
	}{
		"tests red": {
			"a work failure is not tried again by itself",
			ending(contract.StatusFailed, red), v1alpha1.ReasonTestsFailed, v1alpha1.PhaseFailed, 1, false,
		},
		"dies without a word": {
			"an infrastructure failure is tried again, up to the cap, and the controller says so on the pull request",
			func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
				if _, err := newWorker(ctx, w, b); err != nil {
					return err
				}
				return errors.New("killed")
			}, v1alpha1.ReasonRetriesExhausted, v1alpha1.PhaseFailed, 5, true,
		},
		"never comes up": {
			"a build whose worker never claimed has its lock released by the controller",
			func(context.Context, *world, emulatorcodebuild.Running) error { return errors.New("no such image") },
			v1alpha1.ReasonRetriesExhausted, v1alpha1.PhaseFailed, 5, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.work = c.work
			number := w.branch("feature/x")
			w.item("one", "feature/x")
			item := w.until("one", "concluded", concluded)
			got := item.Condition(v1alpha1.ConditionSucceeded)
			if got.Reason != c.reason || item.Status.Phase != c.phase || item.Status.Attempt.Number != c.attempts {
				t.Errorf("%s: %s after %d attempts, phase %s", c.why, got.Reason, item.Status.Attempt.Number, item.Status.Phase)
			}
			if !item.IsTrue(v1alpha1.ConditionStalled) {
				t.Error("a failed item does not say that it is stalled")
			}
			if w.held() != 0 || int32(w.starts()) != c.attempts {
				t.Errorf("%d rows held, %d builds started", w.held(), w.starts())
			}
			pr, err := w.github.PullRequest(repository, number)
			w.must(err)
			if got := len(pr.Comments) > 0; got != c.comments {
				t.Errorf("comments on the pull request: %v", pr.Comments)
			}
		})
	}
}

func TestEachIsNotifiedOnce(t *testing.T) {
	w := newWorld(t)
	env := w.environment()
	env.Spec.DeadLetterQueueURL = "https://sqs.eu-west-1.amazonaws.com/111122223333/gone"
	w.must(w.client.Update(t.Context(), env))
	w.usable(true)
	w.unreachable = env.Spec.DeadLetterQueueURL
	w.work = ending(contract.StatusFailed, contract.Result{Outcome: contract.OutcomeTestsFailed, PullRequestUpdated: true})
	w.branch("feature/x")
	w.item("one", "feature/x")
	item := w.until("one", "concluded", concluded)
	if len(w.sent) != 1 {
		t.Errorf("the topic was notified %d times, because the queue could not be", len(w.sent))
	}
	if c := item.Condition(v1alpha1.ConditionConcluded); c.Reason != v1alpha1.ReasonConcludingOverdue || !strings.Contains(c.Message, "deadLetterQueueURL") {
		t.Errorf("nobody learns that the queue was not notified: %s", c.Message)
	}
}

// The worker was stopped at our deadline and released its lock as interrupted, which it cannot know to be a time-out.
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
	card := of(w.card(w.source(), repository))
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
