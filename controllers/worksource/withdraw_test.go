// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

func TestPlaceOf(t *testing.T) {
	in := func(status string) func(*board.Card) {
		return func(c *board.Card) { c.Status, c.StatusOptionID = status, "option-"+status }
	}
	cases := []struct {
		why   string
		card  board.Card
		found bool
		want  place
	}{
		{"a ready card is in place", readyCard("a"), true, inPlace},
		{"write-back itself moved it to the started status", readyCard("a", in("In Progress")), true, inPlace},
		{"and to the failed one", readyCard("a", in("Failed")), true, inPlace},
		{"a person moved it to a status of their own", readyCard("a", in("Backlog")), true, movedAway},
		{"a person removed its status", readyCard("a", in("")), true, movedAway},
		{"a status that write-back leaves empty is no status of write-back's", readyCard("a", in("Done")), true, movedAway},
		{"a card that is not found may be hidden", board.Card{}, false, unknown},
		{"a redacted card may be anywhere", readyCard("a", in("Backlog"), func(c *board.Card) { c.Type = board.TypeRedacted }), true, unknown},
		{"an archived card was not moved", readyCard("a", in("Backlog"), func(c *board.Card) { c.Archived = true }), true, unknown},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := placeOf(polled(writesBack), board.Schema{ReadyOptionID: readyOption}, c.card, c.found); got != c.want {
				t.Errorf("place %d, want %d", got, c.want)
			}
		})
	}
}

func TestClassify(t *testing.T) {
	suspectedAt := func(d time.Duration) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawalSuspectedAnnotation: epoch.Add(d).Format(time.RFC3339)}
		}
	}
	over := func(i *v1alpha1.WorkItem) {
		i.Status.Attempt = &v1alpha1.Attempt{Number: 1, Outcome: v1alpha1.ReasonBuildFault}
	}
	lets := polled(func(s *v1alpha1.WorkSource) { s.Spec.OnWithdrawn = v1alpha1.WithdrawalFinish })
	cases := []struct {
		why    string
		source *v1alpha1.WorkSource
		item   *v1alpha1.WorkItem
		place  place
		want   change
	}{
		{"moved away in one poll is a suspicion: a drag across the board passes other columns", polled(), itemFor("a"), movedAway, suspect},
		{"moved away in the next poll too is a withdrawal", polled(), itemFor("a", suspectedAt(-5*time.Minute)), movedAway, confirm},
		{"the poll that was recorded last is the one that suspected", polled(), itemFor("a", suspectedAt(0)), movedAway, confirm},
		{"a poll repeated because its record was lost is still the first", polled(), itemFor("a", suspectedAt(time.Minute)), movedAway, unchanged},
		{"a source without a complete poll confirms nothing", polled(func(s *v1alpha1.WorkSource) { s.Status.LastPollTime = nil }), itemFor("a", suspectedAt(-time.Hour)), movedAway, unchanged},
		{"back in place, the suspicion is dropped", polled(), itemFor("a", suspectedAt(-time.Hour)), inPlace, unsuspect},
		{"in place all the time, nothing changes", polled(), itemFor("a"), inPlace, unchanged},
		{"unknown is never a withdrawal, however long suspected", polled(), itemFor("a", suspectedAt(-time.Hour)), unknown, unchanged},
		{"Finish lets a running build go on", lets, itemFor("a", begun, suspectedAt(-time.Hour)), movedAway, unchanged},
		{"Finish begins nothing new", lets, itemFor("a", suspectedAt(-time.Hour)), movedAway, confirm},
		{"nor a further attempt", lets, itemFor("a", over, suspectedAt(-time.Hour)), movedAway, confirm},
		{"an annotation that is not a time is no suspicion", polled(), itemFor("a", func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawalSuspectedAnnotation: "yes"}
		}), movedAway, suspect},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := classify(c.source, c.item, c.place); got != c.want {
				t.Errorf("change %d, want %d", got, c.want)
			}
		})
	}
}

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
	withdrawals := func() map[string]string {
		got := map[string]string{}
		for name, id := range map[string]string{"moved": moved, "started": started, "deleted": deleted, "hidden": hidden, "wavers": wavers, "done": done} {
			got[name] = withdrawal(w.item(id))
		}
		return got
	}
	want := map[string]string{"moved": "suspected", "started": "", "deleted": "", "hidden": "", "wavers": "suspected", "done": ""}
	if diff := cmp.Diff(want, withdrawals()); diff != "" {
		t.Errorf("after the first poll (-want +got):\n%s", diff)
	}

	w.clock.SetTime(epoch.Add(7 * time.Minute))
	w.move(wavers, "Ready")
	w.poll()
	want["moved"], want["wavers"] = "withdrawn", ""
	if diff := cmp.Diff(want, withdrawals()); diff != "" {
		t.Errorf("after the second poll (-want +got):\n%s", diff)
	}
	if got := w.item(moved); got.Spec.Cancel || got.Annotations[v1alpha1.WithdrawnAnnotation] != epoch.Format(time.RFC3339) {
		t.Errorf("the withdrawn item has cancel %t and %v", got.Spec.Cancel, got.Annotations)
	}

	// A person changes their mind: the card is triggered again, in one write that removes the annotation too.
	w.clock.SetTime(epoch.Add(15 * time.Minute))
	w.move(moved, "Ready")
	w.poll()
	got := w.item(moved)
	if withdrawal(got) != "" || !got.Spec.TriggeredAt.Equal(at(15*time.Minute)) {
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
		t.Errorf("the condition does not name the missing status: %q", text)
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

// TestCardsOfFinishedItemsAreNotRead: a retry by hand sets a trigger that is later than the card's. Once its outcome is known the
// item is finished, although its own trigger may be older than the observed one.
func TestCardsOfFinishedItemsAreNotRead(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	card := w.card("Done", "Ready", "feature/done")
	w.poll()
	w.attempt(card, v1alpha1.ReasonTestsFailed)
	w.observedLater(card)
	w.move(card, "Backlog")
	w.poll()
	w.calls()
	w.poll()
	if calls := w.calls(); calls["query ReadCards"] != 0 || calls["query ListCards"] != 1 {
		t.Errorf("the card of a finished item is read at each poll: %v", calls)
	}
	if got := withdrawal(w.item(card)); got != "" {
		t.Errorf("a finished item is %s", got)
	}
}

func TestConfirmPlaces(t *testing.T) {
	places := map[string]place{"a": movedAway, "b": inPlace, "c": unknown}
	source := polled(writesBack)
	all := board.Schema{Options: map[string]string{"In Progress": "1", "Failed": "2"}}
	if diff := cmp.Diff(places, confirmPlaces(source, all, places)); diff != "" {
		t.Errorf("with all its statuses the board's places stay (-want +got):\n%s", diff)
	}
	renamed := board.Schema{Options: map[string]string{"Doing": "1", "Failed": "2"}}
	if diff := cmp.Diff(map[string]place{"a": unknown, "b": inPlace, "c": unknown}, confirmPlaces(source, renamed, places)); diff != "" {
		t.Errorf("where a status was renamed, its cards look moved away and are not (-want +got):\n%s", diff)
	}
	if places["a"] != movedAway {
		t.Error("the places that were given changed")
	}
}

// Replacing a field's options takes the status of every card at once: nobody moved a card.
func TestStatusesThatAreGoneAtOnceWithdrawNothing(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	one, other, last := w.card("One", "Ready", "feature/one"), w.card("Other", "Ready", "feature/other"), w.card("Last", "Backlog", "")
	w.poll()
	for _, card := range []string{one, other, last} {
		w.move(card, "")
	}
	for n := range 3 {
		w.clock.SetTime(epoch.Add(time.Duration(n+1) * 10 * time.Minute))
		w.poll()
	}
	if got := withdrawal(w.item(one)) + withdrawal(w.item(other)); got != "" {
		t.Errorf("the items are %s", got)
	}
	w.move(last, "Backlog")
	w.clock.SetTime(epoch.Add(time.Hour))
	w.poll()
	if got := withdrawal(w.item(one)); got != "suspected" {
		t.Errorf("where other cards have a status, one without was moved: %q", got)
	}
}
