// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	emulatordynamodb "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestPlainWay(t *testing.T) {
	w := newWorld(t)
	number := w.branch("feature/x")
	w.item("one", "feature/x")
	item := w.until("one", "concluded", concluded)

	if item.Status.Phase != v1alpha1.PhaseSucceeded || !item.IsTrue(v1alpha1.ConditionReady) {
		t.Errorf("phase %s, conditions %s", item.Status.Phase, describe(item))
	}
	if r := item.Status.Result; r == nil || r.Commit != "abc" || r.Tests.Passed != 3 || !strings.Contains(r.PullRequestURL, fmt.Sprint(number)) {
		t.Errorf("result %+v", item.Status.Result)
	}
	if n := w.held(); n != 0 {
		t.Errorf("%d rows are still held", n)
	}
	if w.starts() != 1 {
		t.Errorf("%d builds were started", w.starts())
	}
	if w.statusWrites > 6 {
		t.Errorf("%d status writes; the plain way may cost six", w.statusWrites)
	}
	if len(w.told) != 1 || w.told[0].Attributes["outcome"] != v1alpha1.ReasonSucceeded {
		t.Errorf("told %+v", w.told)
	}
}

func TestWaitsForItsSpec(t *testing.T) {
	w := newWorld(t)
	w.must(w.github.CreateBranch(repository, "feature/x", "main"))
	w.item("one", "feature/x")
	res := w.look("one")
	item := w.get("one")
	if c := item.Condition(v1alpha1.ConditionAccepted); c.Status != metav1.ConditionFalse || c.Reason != v1alpha1.ReasonSpecNotFound {
		t.Fatalf("accepted is %+v", c)
	}
	if res.RequeueAfter <= 0 || item.Status.Phase != v1alpha1.PhaseWaiting || w.held() != 0 {
		t.Fatalf("result %+v, phase %s, %d rows held", res, item.Status.Phase, w.held())
	}
	w.must(w.github.DeleteBranch(repository, "feature/x"))
	w.branch("feature/x")
	if item := w.until("one", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
		t.Errorf("after the spec was pushed: %s", describe(item))
	}
}

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
			"an infrastructure failure is tried again, up to the cap, and the pull request is told by the controller",
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

func TestANewTriggerStartsAgain(t *testing.T) {
	w := newWorld(t)
	w.work = ending(contract.StatusFailed, contract.Result{Outcome: contract.OutcomeCoverageTooLow})
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.until("one", "concluded", concluded)
	w.work = succeed
	item := w.get("one")
	triggered := metav1.NewTime(w.clock.Now().Add(time.Second))
	item.Spec.TriggeredAt = &triggered
	w.must(w.client.Update(t.Context(), item))
	item = w.until("one", "succeeded", func(i *v1alpha1.WorkItem) bool { return i.Status.Phase == v1alpha1.PhaseSucceeded && concluded(i) })
	if item.Status.Attempt.Number != 2 || w.starts() != 2 {
		t.Errorf("attempt %d, %d builds", item.Status.Attempt.Number, w.starts())
	}
}

// A copy of the object in another cluster, or one that was deleted and made again, finds the trigger processed.
func TestATriggerIsProcessedOnce(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	card := func(i *v1alpha1.WorkItem) {
		triggered := metav1.NewTime(noon)
		i.Spec.Card, i.Spec.TriggeredAt = &v1alpha1.Card{Provider: "github", ID: "PVTI_1"}, &triggered
	}
	w.item("one", "feature/x", card)
	w.until("one", "concluded", concluded)
	w.item("again", "feature/x", card)
	item := w.until("again", "concluded", concluded)
	if c := item.Condition(v1alpha1.ConditionSucceeded); c.Reason != v1alpha1.ReasonAlreadyDone || c.Status != metav1.ConditionTrue || w.starts() != 1 {
		t.Errorf("%s %s after %d builds", c.Status, c.Reason, w.starts())
	}
	if item.Status.Result == nil || item.Status.Result.Commit != "abc" {
		t.Errorf("the recorded result is not shown: %+v", item.Status.Result)
	}
}

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
		"after take, before the intent": {
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
		"take's answer lost": {
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

func TestOneAtATime(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.branch("feature/y")
	w.item("one", "feature/x")
	w.item("two", "feature/y", func(i *v1alpha1.WorkItem) { i.Spec.Priority = 5 })
	w.until("one", "running", isRunning)
	w.look("two")
	two := w.get("two")
	if c := two.Condition(v1alpha1.ConditionAdmitted); c.Status != metav1.ConditionFalse || c.Reason != v1alpha1.ReasonNoFreeSlot {
		t.Errorf("the second is told %+v", c)
	}
	if two.Status.Queue == nil || two.Status.Queue.Reason != v1alpha1.ReasonNoFreeSlot || two.Status.Phase != v1alpha1.PhaseQueued {
		t.Errorf("queue %+v, phase %s", two.Status.Queue, two.Status.Phase)
	}
	w.cancel("one")
	w.until("one", "concluded", concluded)
	if w.until("two", "running", isRunning); w.starts() != 2 {
		t.Errorf("%d builds", w.starts())
	}
}

func (w *world) cancel(name string) {
	w.t.Helper()
	item := w.get(name)
	item.Spec.Cancel = true
	w.must(w.client.Update(w.t.Context(), item))
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

func TestDeletionWaitsForTheBuild(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.item("one", "feature/x")
	item := w.until("one", "running", isRunning)
	w.must(w.client.Delete(t.Context(), item))
	w.look("one")
	if item = w.get("one"); len(item.Finalizers) == 0 {
		t.Fatal("the object went while its build ran")
	}
	for range 100 {
		w.clock.Step(5 * time.Second)
		time.Sleep(2 * time.Millisecond)
		w.watcher.Tick(t.Context(), w.clock.Now())
		w.look("one")
		if err := w.client.Get(t.Context(), client.ObjectKeyFromObject(item), item); apierrors.IsNotFound(err) {
			if w.held() != 0 {
				t.Errorf("%d rows are held by a deleted item", w.held())
			}
			return
		}
	}
	t.Fatalf("the object never went: %s", describe(item))
}

func TestForcedDeletionSaysWhatMayRun(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.item("one", "feature/x")
	item := w.until("one", "running", isRunning)
	item.Annotations = map[string]string{v1alpha1.ForceDeleteAnnotation: "true"}
	w.must(w.client.Update(t.Context(), item))
	w.must(w.client.Delete(t.Context(), item))
	w.look("one")
	if err := w.client.Get(t.Context(), client.ObjectKeyFromObject(item), item); !apierrors.IsNotFound(err) {
		t.Fatalf("the object is still there: %v", err)
	}
	for {
		select {
		case e := <-w.events.Events:
			if strings.Contains(e, "may still run") && strings.Contains(e, item.Status.Attempt.Build.ID) {
				return
			}
		default:
			t.Fatal("no event names the build that may still run")
		}
	}
}

func TestAnUnusableEnvironmentHoldsItemsBack(t *testing.T) {
	w := newWorld(t)
	w.usable(false)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.look("one")
	if c := w.get("one").Condition(v1alpha1.ConditionAdmitted); c.Reason != v1alpha1.ReasonEnvironmentNotReady {
		t.Errorf("Admitted says %+v", c)
	}
	w.usable(true)
	w.until("one", "concluded", concluded)

	w.item("lost", "feature/x", func(i *v1alpha1.WorkItem) { i.Spec.EnvironmentRef.Name = "nowhere" })
	w.look("lost")
	if c := w.get("lost").Condition(v1alpha1.ConditionAccepted); c.Reason != v1alpha1.ReasonEnvironmentNotFound || !strings.Contains(c.Message, "nowhere") {
		t.Errorf("Accepted says %+v", c)
	}
}

// Rows that are held by somebody else, or by nobody any more.
func TestRowsOfOthers(t *testing.T) {
	take := func(w *world, lockID string, expires time.Time) lock.Lock {
		item := w.get("one")
		l, err := w.table.Acquire(w.t.Context(), lock.Request{
			LockID: lockID, WorkItemID: "other/team/x", Holder: "other", Attempt: 1, ProjectARN: w.environment().Status.ProjectARN,
			SlotKey: contract.SlotKey(w.environment().Status.ProjectARN, 0), CardKey: "card#object/other", Trigger: noon,
			BranchKey: contract.BranchKey(item.Status.Accepted.ForgeHost, item.Status.Accepted.RepositoryID, "refs/heads/feature/x"),
			Now:       w.clock.Now(), ExpiresAt: expires,
		})
		w.must(err)
		return l
	}
	accepted := func(t *testing.T) *world {
		w := newWorld(t)
		w.branch("feature/x")
		w.item("one", "feature/x")
		w.usable(false)
		w.look("one")
		w.usable(true)
		return w
	}
	t.Run("another cluster's", func(t *testing.T) {
		w := accepted(t)
		take(w, "theirs", w.clock.Now().Add(time.Hour))
		w.look("one")
		if c := w.get("one").Condition(v1alpha1.ConditionLocked); c.Reason != v1alpha1.ReasonNoFreeSlot || w.starts() != 0 {
			t.Errorf("Locked says %+v, %d builds", c, w.starts())
		}
	})
	t.Run("expired, never claimed", func(t *testing.T) {
		w := accepted(t)
		take(w, "theirs", w.clock.Now().Add(time.Minute))
		w.clock.Step(2 * time.Minute)
		if item := w.until("one", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
			t.Errorf("a lock whose holder is gone was not freed: %s", describe(item))
		}
	})
	t.Run("expired, build unknown here", func(t *testing.T) {
		w := accepted(t)
		l := take(w, "theirs", w.clock.Now().Add(time.Minute))
		w.must(w.table.Claim(t.Context(), l, "arn:aws:codebuild:us-east-1:999999999999:build/p:1", w.clock.Now().Add(time.Minute)))
		w.clock.Step(time.Hour)
		for range 20 {
			w.look("one")
			w.clock.Step(time.Minute)
		}
		if w.starts() != 0 || w.held() != 2 {
			t.Errorf("a lock was taken from a build of another account by time alone: %d builds, %d rows held", w.starts(), w.held())
		}
	})
	t.Run("another program's", func(t *testing.T) {
		w := accepted(t)
		w.must(w.dynamodb.PutRow(tableName, emulatordynamodb.Row{
			contract.AttrLockKey: emulatordynamodb.String(contract.SlotKey(w.environment().Status.ProjectARN, 0)),
			"owner":              emulatordynamodb.String("somebody else"),
		}))
		w.look("one")
		c := w.get("one").Condition(v1alpha1.ConditionLocked)
		if c.Status != metav1.ConditionFalse || w.starts() != 0 {
			t.Errorf("Locked says %+v, %d builds", c, w.starts())
		}
	})
}

// An item that cannot get its lock is passed over: those behind it go on.
func TestARefusedItemHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.branch("feature/y")
	w.usable(false)
	w.item("one", "feature/x", func(i *v1alpha1.WorkItem) { i.Spec.Priority = 9 })
	w.item("two", "feature/y")
	w.look("one")
	w.usable(true)
	accepted := w.get("one").Status.Accepted
	_, err := w.table.Acquire(t.Context(), lock.Request{
		LockID: "theirs", WorkItemID: "other/team/x", Holder: "other", Attempt: 1, ProjectARN: "arn:other", SlotKey: contract.SlotKey("arn:other", 0),
		BranchKey: contract.BranchKey(accepted.ForgeHost, accepted.RepositoryID, "refs/heads/feature/x"), CardKey: "card#object/other",
		Trigger: noon, Now: w.clock.Now(), ExpiresAt: w.clock.Now().Add(24 * time.Hour),
	})
	w.must(err)
	for range 5 {
		w.look("one")
		w.clock.Step(2 * time.Second)
	}
	if c := w.get("one").Condition(v1alpha1.ConditionLocked); c.Reason != v1alpha1.ReasonBranchHeld {
		t.Fatalf("Locked says %+v", c)
	}
	if item := w.until("two", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
		t.Errorf("the one behind it: %s", describe(item))
	}
}

// A lock that was taken just before the write that would have told of it was refused is given up, not forgotten.
func TestCancelBetweenAcquireAndIntent(t *testing.T) {
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "workitems"}, "one", errors.New("somebody wrote"))
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
			w.failStatus = func(*v1alpha1.WorkItem) error { return conflict }
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

func TestEachIsToldOnce(t *testing.T) {
	w := newWorld(t)
	env := w.environment()
	env.Spec.DeadLetterQueueURL = "https://sqs.eu-west-1.amazonaws.com/111122223333/gone"
	w.must(w.client.Update(t.Context(), env))
	w.usable(true)
	w.deaf = env.Spec.DeadLetterQueueURL
	w.work = ending(contract.StatusFailed, contract.Result{Outcome: contract.OutcomeTestsFailed, PullRequestUpdated: true})
	w.branch("feature/x")
	w.item("one", "feature/x")
	item := w.until("one", "concluded", concluded)
	if len(w.told) != 1 {
		t.Errorf("the topic was told %d times, because the queue could not be", len(w.told))
	}
	if c := item.Condition(v1alpha1.ConditionConcluded); c.Reason != v1alpha1.ReasonConcludingOverdue || !strings.Contains(c.Message, "deadLetterQueueURL") {
		t.Errorf("nobody learns that the queue was not told: %s", c.Message)
	}
}

// A branch may change until an attempt exists, and what was accepted is asked for again.
func TestAcceptanceIsOfTheSpecAsItIs(t *testing.T) {
	w := newWorld(t)
	w.usable(false)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.look("one")
	item := w.get("one")
	item.Spec.Branch = "feature/none"
	w.must(w.client.Update(t.Context(), item))
	w.usable(true)
	w.look("one")
	if c := w.get("one").Condition(v1alpha1.ConditionAccepted); c.Reason != v1alpha1.ReasonBranchNotFound || w.starts() != 0 {
		t.Errorf("Accepted says %+v after the branch was changed, %d builds", c, w.starts())
	}
}

// The lock was taken, the write that tells of it was lost, and another controller abandoned the lock meanwhile: the
// attempt's number is used up, and the status says so in a form that the API server takes.
func TestAnUnrecordedAttemptIsBurnt(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.failStatus = func(*v1alpha1.WorkItem) error {
		return apierrors.NewConflict(schema.GroupResource{Resource: "workitems"}, "one", errors.New("somebody wrote"))
	}
	w.look("one")
	w.failStatus = nil
	slots, err := readSlots(t.Context(), w.table, w.environment().Status.ProjectARN)
	w.must(err)
	w.must(w.table.Abandon(t.Context(), slots[0], w.clock.Now()))
	item := w.until("one", "concluded", concluded)
	if item.Status.Phase != v1alpha1.PhaseSucceeded || item.Status.Attempt.Number != 2 || w.starts() != 1 {
		t.Errorf("phase %s, attempt %d, %d builds: %s", item.Status.Phase, item.Status.Attempt.Number, w.starts(), describe(item))
	}
}
