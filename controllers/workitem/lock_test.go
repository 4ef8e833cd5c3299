// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	emulatordynamodb "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// A copy of the object in another cluster, or one that was deleted and made again, finds the trigger processed.
func TestATriggerIsProcessedOnce(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	card := of(w.card(w.source(), repository))
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

// Rows that are held by somebody else, or by nobody any more.
func TestRowsOfOthers(t *testing.T) {
	acquire := func(w *world, lockID string, expires time.Time) lock.Lock {
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
		acquire(w, "theirs", w.clock.Now().Add(time.Hour))
		w.look("one")
		if c := w.get("one").Condition(v1alpha1.ConditionAdmitted); c.Reason != v1alpha1.ReasonNoFreeSlot || w.starts() != 0 {
			t.Errorf("Admitted says %+v, %d builds", c, w.starts())
		}
	})
	t.Run("expired, never claimed", func(t *testing.T) {
		w := accepted(t)
		acquire(w, "theirs", w.clock.Now().Add(time.Minute))
		w.clock.Step(2 * time.Minute)
		if item := w.until("one", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
			t.Errorf("a lock whose holder is gone was not freed: %s", describe(item))
		}
	})
	t.Run("expired, build unknown here", func(t *testing.T) {
		w := accepted(t)
		l := acquire(w, "theirs", w.clock.Now().Add(time.Minute))
		w.must(w.table.Claim(t.Context(), l, "arn:aws:codebuild:us-east-1:999999999999:build/p:1", w.clock.Now().Add(time.Minute)))
		w.clock.Step(time.Hour)
		for range 20 {
			w.look("one")
			w.clock.Step(time.Minute)
		}
		if w.starts() != 0 || w.held() != 2 {
			t.Errorf("a lock was freed although its build, of another account, may run: %d builds, %d rows held", w.starts(), w.held())
		}
	})
	t.Run("another program's", func(t *testing.T) {
		w := accepted(t)
		w.must(w.dynamodb.PutRow(tableName, emulatordynamodb.Row{
			contract.AttrLockKey: emulatordynamodb.String(contract.SlotKey(w.environment().Status.ProjectARN, 0)),
			"owner":              emulatordynamodb.String("somebody else"),
		}))
		w.look("one")
		c := w.get("one").Condition(v1alpha1.ConditionAdmitted)
		if c.Status != metav1.ConditionFalse || w.starts() != 0 {
			t.Errorf("Admitted says %+v, %d builds", c, w.starts())
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

// The lock was acquired, the write that records it was lost, and another controller abandoned the lock meanwhile: the
// attempt's number is used up, and the status says so in a form that the API server accepts.
func TestAnUnrecordedAttemptIsConsumed(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.failStatus = conflictOfAttempt
	w.look("one")
	w.failStatus = nil
	slots, err := items.ReadSlots(t.Context(), w.table, w.environment().Status.ProjectARN)
	w.must(err)
	w.must(w.table.Abandon(t.Context(), slots[slices.Index(slots.Held(), true)], w.clock.Now()))
	item := w.until("one", "concluded", concluded)
	if item.Status.Phase != v1alpha1.PhaseSucceeded || item.Status.Attempt.Number != 2 || w.starts() != 1 {
		t.Errorf("phase %s, attempt %d, %d builds: %s", item.Status.Phase, item.Status.Attempt.Number, w.starts(), describe(item))
	}
}

// The branch is changed between acquiring the lock and the intent: the lock of the branch before stands in nobody's way.
func TestABranchThatIsChangedAfterAcquiring(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.branch("feature/y")
	w.item("one", "feature/x")
	w.acquireOnly("one")
	item := w.get("one")
	item.Spec.Branch = "feature/y"
	w.must(w.client.Update(t.Context(), item))
	begun := w.clock.Now()
	item = w.until("one", "running", isRunning)
	if waited := w.clock.Now().Sub(begun); waited > 5*time.Minute {
		t.Errorf("the item stood in its own way for %s", waited)
	}
	if item.Status.Attempt.Parameters.Branch != "feature/y" || w.held() != 2 || w.starts() != 1 {
		t.Errorf("it works on %s, %d rows are held, %d builds", item.Status.Attempt.Parameters.Branch, w.held(), w.starts())
	}
}

// A cache that lags by two attempts has an old number's lock acquired again: it is abandoned once the item is seen as it is.
func TestAnOldNumberThatIsAcquiredAgain(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.item("one", "feature/x")
	var old *v1alpha1.WorkItem
	for number := range int32(2) {
		w.acquireOnly("one")
		if old == nil {
			old = w.get("one")
		}
		slots, err := items.ReadSlots(t.Context(), w.table, w.environment().Status.ProjectARN)
		w.must(err)
		w.must(w.table.Abandon(t.Context(), slots[slices.Index(slots.Held(), true)], w.clock.Now()))
		_, err = w.reconcile("one")
		w.must(err)
		if got := locks.NextNumber(w.get("one")); got != number+2 {
			t.Fatalf("the next number is %d: the case is not what it should be", got)
		}
	}
	w.stale = old
	w.acquireOnly("one")
	w.stale = nil
	begun := w.clock.Now()
	if item := w.until("one", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
		t.Errorf("it did not come to its end: %s", describe(item))
	}
	if waited := w.clock.Now().Sub(begun); waited > 5*time.Minute {
		t.Errorf("the item stood in its own way for %s", waited)
	}
}

// The environment is pointed to another project between acquiring the lock and the intent: an attempt there needs a slot
// of that project, not the old one's.
func TestAProjectThatIsChangedAfterAcquiring(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.acquireOnly("one")
	w.must(w.codebuild.PutProject(emulatorcodebuild.Project{Name: "other", Run: func(ctx context.Context, b emulatorcodebuild.Running) error {
		return w.work(ctx, w, b)
	}}))
	env := w.environment()
	env.Spec.CodeBuild.ProjectName = "other"
	w.must(w.client.Update(t.Context(), env))
	env.Status.ProjectARN = strings.TrimSuffix(env.Status.ProjectARN, project) + "other"
	meta.FindStatusCondition(env.Status.Conditions, v1alpha1.ConditionReady).ObservedGeneration = env.Generation
	w.must(w.client.Status().Update(t.Context(), env))
	item := w.until("one", "running", isRunning)
	if p := item.Status.Attempt.Parameters; !slices.Contains(contract.SlotKeys(env.Status.ProjectARN), p.SlotKey) || p.ProjectARN != env.Status.ProjectARN {
		t.Errorf("an attempt in %s holds %s", p.ProjectARN, p.SlotKey)
	}
	if w.held() != 2 || w.starts() != 1 {
		t.Errorf("%d rows held, %d builds", w.held(), w.starts())
	}
}

// A backup brings back the rows of an attempt that is long over, as in progress. They are not freed by time alone;
// once the lease has ended, and CodeBuild says that their build is over, they are freed: by the sweep, or by whoever needs
// them.
func TestRowsThatComeBackFromABackup(t *testing.T) {
	for name, freed := range map[string]func(*world){
		"by the sweep": func(w *world) {
			for range 2 {
				w.must(w.collector.Sweep(w.t.Context(), w.environment()))
				w.clock.Step(settling)
			}
		},
		"by whoever needs them": func(w *world) {
			w.concurrency(2) // a slot of its own, so that only the branch is in the way
			w.swept = w.clock.Now().Add(24 * time.Hour)
			w.until("two", "concluded", concluded)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.work = renewing(make(chan error, 1))
			w.branch("feature/x")
			w.item("one", "feature/x")
			w.until("one", "running", isRunning)
			backup := w.rows()
			w.cancel("one")
			w.until("one", "concluded", concluded)
			w.work = succeed

			w.restore(backup)
			w.item("two", "feature/x")
			for range 5 {
				w.look("two")
				w.must(w.collector.Sweep(t.Context(), w.environment()))
				w.clock.Step(time.Minute)
			}
			if w.held() != 2 || w.starts() != 1 {
				t.Fatalf("a lock whose lease has not ended was freed: %d rows held, %d builds", w.held(), w.starts())
			}
			w.clock.Step(2 * time.Hour)
			freed(w)
			if w.held() != 0 {
				t.Errorf("%d rows are still held", w.held())
			}
			if item := w.until("two", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded || w.starts() != 2 {
				t.Errorf("%d builds, %s", w.starts(), describe(item))
			}
		})
	}
}
