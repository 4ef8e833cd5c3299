// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// withdrawal is what an item says of its card's withdrawal.
func withdrawal(i *v1alpha1.WorkItem) string {
	switch {
	case i.Withdrawn():
		return "withdrawn"
	case i.Annotations[v1alpha1.WithdrawalSuspectedAnnotation] != "":
		return "suspected"
	}
	return ""
}

func TestWithdrawal(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	moved := w.card("Moved away", "Ready", "feature/moved")
	started := w.card("Started", "Ready", "feature/started")
	deleted := w.card("Deleted", "Ready", "feature/deleted")
	hidden := w.card("Hidden", "Ready", "feature/hidden")
	wavers := w.card("Wavers", "Ready", "feature/wavers")
	done := w.card("Done", "Ready", "feature/done")
	w.poll()
	w.attempt(moved, "")
	w.attempt(done, v1alpha1.ReasonSucceeded)

	w.clock.SetTime(epoch.Add(time.Minute))
	w.move(moved, "Backlog")
	w.move(started, "In Progress")
	must(t, w.github.DeleteCard(deleted))
	w.move(hidden, "Backlog")
	must(t, w.github.RedactCard(hidden))
	w.move(wavers, "")
	w.move(done, "Backlog")
	w.poll()
	look := func() map[string]string {
		got := map[string]string{}
		for name, id := range map[string]string{"moved": moved, "started": started, "deleted": deleted, "hidden": hidden, "wavers": wavers, "done": done} {
			got[name] = withdrawal(w.item(id))
		}
		return got
	}
	want := map[string]string{"moved": "suspected", "started": "", "deleted": "", "hidden": "", "wavers": "suspected", "done": ""}
	if diff := cmp.Diff(want, look()); diff != "" {
		t.Errorf("after the first poll (-want +got):\n%s", diff)
	}

	w.clock.SetTime(epoch.Add(7 * time.Minute))
	w.move(wavers, "Ready")
	w.poll()
	want["moved"], want["wavers"] = "withdrawn", ""
	if diff := cmp.Diff(want, look()); diff != "" {
		t.Errorf("after the second poll (-want +got):\n%s", diff)
	}
	if got := w.item(moved); got.Spec.Cancel || got.Annotations[v1alpha1.WithdrawnAnnotation] != epoch.Format(time.RFC3339) {
		t.Errorf("the withdrawn item has cancel %t and %v", got.Spec.Cancel, got.Annotations)
	}

	// A person changes their mind: the card is triggered again, in one write with the annotation's going.
	w.clock.SetTime(epoch.Add(15 * time.Minute))
	w.move(moved, "Ready")
	w.poll()
	got := w.item(moved)
	if withdrawal(got) != "" || len(got.Annotations) != 0 || !got.Spec.TriggeredAt.Equal(at(15*time.Minute)) {
		t.Errorf("triggered again, the item has %v and is triggered at %s", got.Annotations, got.Spec.TriggeredAt)
	}
}

func TestRenamedWriteBackStatusWithdrawsNothing(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	card := w.card("Started", "Ready", "feature/started")
	w.poll()
	w.move(card, "In Progress")
	must(t, w.github.RenameOption(w.projectID, "In Progress", "Doing"))
	for range 3 {
		w.poll()
	}
	if got := withdrawal(w.item(card)); got != "" {
		t.Errorf("a renamed status made the item %s", got)
	}
	if text := message(w.get(), v1alpha1.ConditionBoardResolved); !strings.Contains(text, `"In Progress"`) {
		t.Errorf("nobody is told: %q", text)
	}
}

func TestWithdrawalThatMayFinish(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source(func(s *v1alpha1.WorkSource) { s.Spec.OnWithdrawn = v1alpha1.WithdrawalFinish })
	running, waiting := w.card("Running", "Ready", "feature/running"), w.card("Waiting", "Ready", "feature/waiting")
	w.poll()
	w.attempt(running, "")
	w.move(running, "Backlog")
	w.move(waiting, "Backlog")
	w.poll()
	w.poll()
	if got := []string{withdrawal(w.item(running)), withdrawal(w.item(waiting))}; !cmp.Equal(got, []string{"", "withdrawn"}) {
		t.Errorf("the running one and the waiting one are %q", got)
	}
}

func TestRetention(t *testing.T) {
	w := newWorld(t)
	environment := w.environment(true)
	w.source()
	over, ready, young := w.card("Over", "Ready", "feature/over"), w.card("Ready still", "Ready", "feature/ready"), w.card("Young", "Ready", "feature/young")
	running := w.card("Running", "Ready", "feature/running")
	w.poll()
	for _, card := range []string{over, ready} {
		w.attempt(card, v1alpha1.ReasonTestsFailed)
	}
	w.attempt(running, "")
	w.move(over, "Failed")
	w.move(young, "Failed")
	w.move(running, "In Progress")
	keep := environment.Spec.Retention.Failed
	if keep == nil {
		t.Fatal("the schema gave no default retention")
	}
	w.clock.SetTime(epoch.Add(keep.Duration))
	w.attempt(young, v1alpha1.ReasonTestsFailed)
	w.poll()
	left := sets.New[string]()
	for _, i := range w.items() {
		left.Insert(i.Name)
	}
	if want := sets.New(ItemName(ready), ItemName(young), ItemName(running)); !left.Equal(want) {
		t.Errorf("left are %v, want %v", left.UnsortedList(), want.UnsortedList())
	}
}

func TestLinkedBranchesAreReadForWhatChanged(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source(func(s *v1alpha1.WorkSource) {
		s.Spec.Branch = v1alpha1.BranchRule{From: v1alpha1.BranchFromLinkedBranch}
	})
	one, none := w.card("One", "Ready", ""), w.card("None yet", "Ready", "")
	link := func(card, branch string) {
		c, err := w.github.Card(card)
		must(t, err)
		must(t, w.github.CreateBranch(repository, branch, "main"))
		must(t, w.github.LinkBranch(c.ContentID, repository, branch))
	}
	link(one, "1-one")
	s := w.poll()
	if got := w.item(one).Spec.Branch; got != "1-one" || skipped(s) != "BranchMissing 1" {
		t.Errorf("the branch is %q, skipped %s", got, skipped(s))
	}
	w.calls()

	link(none, "2-none")
	link(one, "1-another") // noticed once its card changes
	w.poll()
	if got := w.item(none).Spec.Branch; got != "2-none" {
		t.Errorf("a branch that was linked later is %q", got)
	}
	w.calls()
	w.poll()
	if calls := w.calls(); calls["query ReadLinkedBranches"] != 0 || calls["query ListCards"] != 1 {
		t.Errorf("a poll of cards that need nothing asked %v", calls)
	}

	w.clock.SetTime(w.clock.Now().Add(time.Minute))
	must(t, w.github.SetTextField(one, "Branch", "touched"))
	s = w.poll()
	if got := skipped(s); got != "BranchAmbiguous 1" || w.item(one).Spec.Branch != "1-one" {
		t.Errorf("with two branches skipped is %s, and the item on %s", got, w.item(one).Spec.Branch)
	}
}

func TestItemsOfASourceThatIsGone(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	source := w.source()
	ours, orphan := w.card("Ours", "Ready", "feature/ours"), w.card("Orphan", "Ready", "feature/orphan")
	w.poll()
	left := w.item(orphan)
	left.OwnerReferences = nil // as deleting with --cascade=orphan does
	must(t, w.client.Update(t.Context(), left))

	must(t, w.client.Delete(t.Context(), source))
	w.reconcile()
	err := w.client.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: ItemName(ours)}, &v1alpha1.WorkItem{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the item of a source that is gone is still there: %v", err)
	}
	w.item(orphan)
}

func TestItemThatIsBeingDeletedIsMadeAnew(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	card := w.card("Add dark mode", "Ready", "feature/dark")
	w.poll()
	item := w.item(card)
	item.Finalizers = []string{v1alpha1.Finalizer}
	must(t, w.client.Update(t.Context(), item))
	must(t, w.client.Delete(t.Context(), item))
	must(t, w.github.SetTextField(card, "Branch", "feature/darker"))
	w.poll()
	if got := w.item(card); got.UID != item.UID || got.Spec.Branch != "feature/dark" {
		t.Errorf("an item on its way out was changed: %+v", got.Spec)
	}
	gone := w.item(card)
	gone.Finalizers = nil
	must(t, w.client.Update(t.Context(), gone))
	w.poll()
	if got := w.item(card); got.UID == item.UID || got.Spec.Branch != "feature/darker" {
		t.Errorf("the card, still triggered, has the item %s on %s", got.UID, got.Spec.Branch)
	}
}
