// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// takenOnly has an item take its lock, and the write that would have told of it refused.
func (w *world) takenOnly(name string) {
	w.t.Helper()
	w.failStatus = func(*v1alpha1.WorkItem) error {
		return apierrors.NewConflict(schema.GroupResource{Resource: "workitems"}, name, errors.New("somebody wrote"))
	}
	w.look(name)
	w.failStatus = nil
	if w.held() != 2 {
		w.t.Fatalf("%d rows are held: the case is not what it should be", w.held())
	}
}

// The branch is changed between taking the lock and the intent: the lock of the branch before stands in nobody's way.
func TestABranchThatIsChangedAfterTaking(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.branch("feature/y")
	w.item("one", "feature/x")
	w.takenOnly("one")
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

// A cache that lags by two attempts has an old number's lock taken again: it is given up once the item is seen as it is.
func TestAnOldNumberThatIsTakenAgain(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.item("one", "feature/x")
	var old *v1alpha1.WorkItem
	for number := range int32(2) {
		w.takenOnly("one")
		if old == nil {
			old = w.get("one")
		}
		slots, err := readSlots(t.Context(), w.table, w.environment().Status.ProjectARN)
		w.must(err)
		w.must(w.table.Abandon(t.Context(), slots[0], w.clock.Now()))
		w.look("one")
		if got := nextNumber(w.get("one")); got != number+2 {
			t.Fatalf("the next number is %d: the case is not what it should be", got)
		}
	}
	w.stale = old
	w.takenOnly("one")
	w.stale = nil
	begun := w.clock.Now()
	if item := w.until("one", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
		t.Errorf("it did not come to its end: %s", describe(item))
	}
	if waited := w.clock.Now().Sub(begun); waited > 5*time.Minute {
		t.Errorf("the item stood in its own way for %s", waited)
	}
}

// The environment is pointed to another project between taking the lock and the intent: an attempt there needs a slot
// of that project, not the old one's.
func TestAProjectThatIsChangedAfterTaking(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.takenOnly("one")
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
	if p := item.Status.Attempt.Parameters; p.SlotKey != contract.SlotKey(env.Status.ProjectARN, 0) || p.ProjectARN != env.Status.ProjectARN {
		t.Errorf("an attempt in %s holds %s", p.ProjectARN, p.SlotKey)
	}
	if w.held() != 2 || w.starts() != 1 {
		t.Errorf("%d rows held, %d builds", w.held(), w.starts())
	}
}

func TestOutdated(t *testing.T) {
	item := &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{UID: "me"},
		Spec:       v1alpha1.WorkItemSpec{Branch: "x"},
		Status: v1alpha1.WorkItemStatus{
			Accepted: &v1alpha1.AcceptedWork{ForgeHost: "github.com", RepositoryID: 7},
			Attempt:  &v1alpha1.Attempt{Number: 2, Outcome: v1alpha1.ReasonAbandoned},
		},
	}
	mine := lock.Row{
		Exists: true, Status: contract.StatusInProgress, Holder: "me", Attempt: 3,
		BranchKey: contract.BranchKey("github.com", 7, "refs/heads/x"),
	}
	for name, c := range map[string]struct {
		why    string
		change func(*lock.Row)
		want   bool
	}{
		"the next attempt's":         {"it is found by its id and used", func(*lock.Row) {}, false},
		"of another branch":          {"the branch was changed after it was taken", func(r *lock.Row) { r.BranchKey += "y" }, true},
		"of an attempt that is over": {"that attempt never comes again", func(r *lock.Row) { r.Attempt = 2 }, true},
		"of an attempt not known of": {"the cache lags: another manager may be starting it", func(r *lock.Row) { r.Attempt = 4; r.BranchKey += "y" }, false},
		"claimed":                    {"a build works under it", func(r *lock.Row) { r.Attempt, r.BuildID = 2, "arn" }, false},
		"free":                       {"it stands in nobody's way", func(r *lock.Row) { r.Attempt, r.Status = 2, contract.StatusFailed }, false},
		"another item's":             {"that item may need it", func(r *lock.Row) { r.Attempt, r.Holder = 2, "other" }, false},
		"another program's":          {"it is not ours to free", func(r *lock.Row) { r.Attempt, r.Foreign = 2, true }, false},
	} {
		t.Run(name, func(t *testing.T) {
			row := mine
			c.change(&row)
			if got := outdated(item, row); got != c.want {
				t.Errorf("%s: got %v", c.why, got)
			}
		})
	}
}
