// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestPollMakesItemsOfReadyCards(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	source := w.source()
	ready := w.card("Add dark mode", "Ready", "feature/dark")
	w.card("Later", "Backlog", "feature/later")
	w.card("No branch", "Ready", "")
	w.card("Bad branch", "Ready", "a..b")
	draft, err := w.github.AddDraft(w.projectID, "A thought", "")
	must(t, err)
	w.move(draft, "Ready")
	redacted := w.card("Secret", "Ready", "feature/secret")
	must(t, w.github.RedactCard(redacted))
	archived := w.card("Old", "Ready", "feature/old")
	must(t, w.github.ArchiveCard(archived, true))

	result := w.reconcile()

	if items := w.items(); len(items) != 1 {
		t.Fatalf("made %d items, want the one of the ready card", len(items))
	}
	item := w.item(ready)
	number := item.Spec.Card.Number
	want := v1alpha1.WorkItemSpec{
		EnvironmentRef: v1alpha1.LocalObjectReference{Name: "builds"},
		SourceRef:      &v1alpha1.LocalObjectReference{Name: "board"},
		Card: &v1alpha1.Card{
			Provider: "github", ID: ready, ContentID: item.Spec.Card.ContentID, Number: number, Title: "Add dark mode",
			URL: fmt.Sprintf("%s/%s/issues/%d", w.github.URL(), repository, number), CreatedAt: at(0),
		},
		TriggeredAt: at(0), Repository: repository, Branch: "feature/dark", SpecPath: ".kiro/specs/feature/dark",
	}
	if diff := cmp.Diff(want, item.Spec); diff != "" {
		t.Errorf("the item (-want +got):\n%s", diff)
	}
	if owner := metav1.GetControllerOf(item); owner == nil || owner.UID != source.UID || *owner.BlockOwnerDeletion {
		t.Errorf("the item's owner is %+v", owner)
	}
	if owned := ownedFields(t, item); strings.Contains(owned, "f:priority") || strings.Contains(owned, "f:cancel") || !strings.Contains(owned, "f:branch") {
		t.Errorf("the source owns %s", owned)
	}

	got := w.get()
	if diff := cmp.Diff([]string{
		"True Polled", "True Resolved", "True Polled", "True Usable", "absent",
		"BranchInvalid 1; BranchMissing 1; DraftCard 1; RedactedCard 1",
	}, []string{
		condition(got, v1alpha1.ConditionReady), condition(got, v1alpha1.ConditionBoardResolved), condition(got, v1alpha1.ConditionBoardReachable),
		condition(got, v1alpha1.ConditionEnvironmentReady), condition(got, v1alpha1.ConditionStalled), skipped(got),
	}); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&v1alpha1.CardCounts{Seen: 7, Eligible: 1, Skipped: 4}, got.Status.Cards); diff != "" {
		t.Errorf("cards (-want +got):\n%s", diff)
	}
	if result.RequeueAfter != 5*time.Minute || !got.Status.NextPollTime.Equal(at(5*time.Minute)) || !got.Status.LastPollTime.Equal(at(0)) {
		t.Errorf("requeued after %s, next poll %s, last poll %s", result.RequeueAfter, got.Status.NextPollTime, got.Status.LastPollTime)
	}
	if got.Status.RateLimit == nil || got.Status.RateLimit.Remaining == 0 {
		t.Errorf("the rate limit is %+v", got.Status.RateLimit)
	}
}

// ownedFields are the fields of an item that its source applied.
func ownedFields(t *testing.T, item *v1alpha1.WorkItem) string {
	t.Helper()
	for _, m := range item.ManagedFields {
		if m.Manager == fieldOwner("board") && m.Operation == metav1.ManagedFieldsOperationApply {
			raw, err := json.Marshal(m.FieldsV1)
			must(t, err)
			return string(raw)
		}
	}
	t.Fatalf("nothing was applied by %s: %+v", fieldOwner("board"), item.ManagedFields)
	return ""
}

func TestPollCostsNothingForWhatNeedsNothing(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	for n := range 300 {
		status := "Backlog"
		if n < 20 {
			status = "Ready"
		}
		w.card(fmt.Sprintf("Card %d", n), status, fmt.Sprintf("feature/%d", n))
	}
	w.poll()
	if diff := cmp.Diff(map[string]int{"query ResolveBoard": 1, "query ListCards": 3}, w.calls()); diff != "" {
		t.Errorf("calls of the first poll (-want +got):\n%s", diff)
	}
	if items, applied := w.items(), w.applied(); len(items) != 20 || applied != 20 {
		t.Errorf("the first poll made %d items in %d writes, want 20", len(items), applied)
	}
	w.poll()
	if diff := cmp.Diff(map[string]int{"query ListCards": 3}, w.calls()); diff != "" {
		t.Errorf("calls of the second poll (-want +got):\n%s", diff)
	}
	if applied := w.applied(); applied != 0 {
		t.Errorf("the second poll wrote %d items", applied)
	}
}

// applied counts the writes of items since the last look.
func (w *world) applied() int {
	defer w.writes.Store(0)
	return int(w.writes.Load())
}

func TestPollKeepsToItsTime(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	w.reconcile()
	w.calls()

	// A restart is a reconcile out of turn.
	w.clock.SetTime(epoch.Add(time.Minute))
	if result := w.reconcile(); result.RequeueAfter != 4*time.Minute {
		t.Errorf("requeued after %s, want the 4m that are left", result.RequeueAfter)
	}
	if calls := w.calls(); len(calls) != 0 {
		t.Errorf("a reconcile out of turn asked the board: %v", calls)
	}

	s := w.get()
	s.Annotations = map[string]string{v1alpha1.ReconcileAnnotation: "now"}
	must(t, w.client.Update(t.Context(), s))
	w.reconcile()
	if calls := w.calls(); calls["query ListCards"] != 1 {
		t.Errorf("the annotation did not make a poll: %v", calls)
	}
	if got := w.get().Status.LastHandledReconcileAt; got != "now" {
		t.Errorf("the annotation was handled as %q", got)
	}
	w.reconcile()
	if calls := w.calls(); len(calls) != 0 {
		t.Errorf("one annotation made two polls: %v", calls)
	}

	s = w.get()
	s.Spec.GitHub.Repositories = []string{"acme/other"}
	must(t, w.client.Update(t.Context(), s))
	w.reconcile()
	if calls := w.calls(); calls["query ResolveBoard"] != 1 || calls["query ListCards"] != 1 {
		t.Errorf("a changed spec was not resolved and polled at once: %v", calls)
	}

	s = w.get()
	s.Spec.Suspend = true
	must(t, w.client.Update(t.Context(), s))
	w.clock.SetTime(epoch.Add(24 * time.Hour))
	if result := w.reconcile(); result.RequeueAfter != 0 {
		t.Errorf("a suspended source is requeued after %s", result.RequeueAfter)
	}
	if calls := w.calls(); len(calls) != 0 {
		t.Errorf("a suspended source was polled: %v", calls)
	}
	if got := condition(w.get(), v1alpha1.ConditionReady); got != "False Suspended" {
		t.Errorf("a suspended source is %s", got)
	}
}

func TestPollFollowsTheCard(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	card := w.card("Add dark mode", "Ready", "feature/dark")
	w.poll()

	// What belongs to people stays theirs.
	item := w.item(card)
	item.Spec.Priority = 7
	must(t, w.client.Update(t.Context(), item))

	w.clock.SetTime(epoch.Add(time.Minute))
	must(t, w.github.SetTextField(card, "Branch", "feature/darker"))
	w.move(card, "Backlog")
	w.move(card, "Ready")
	w.poll()
	item = w.item(card)
	if item.Spec.Branch != "feature/darker" || item.Spec.SpecPath != ".kiro/specs/feature/darker" || item.Spec.Priority != 7 {
		t.Errorf("the item is %+v", item.Spec)
	}
	if !item.Spec.TriggeredAt.Equal(at(time.Minute)) {
		t.Errorf("moved away and back between two polls, the card is triggered at %s, want %s", item.Spec.TriggeredAt, at(time.Minute))
	}

	// Once an attempt exists, what is worked on stays; the trigger does not.
	w.attempt(card, "")
	must(t, w.github.SetTextField(card, "Branch", "feature/other"))
	w.move(card, "Backlog")
	w.move(card, "Ready")
	triggered := w.clock.Now()
	s := w.poll()
	item = w.item(card)
	if item.Spec.Branch != "feature/darker" || !item.Spec.TriggeredAt.Time.Equal(triggered) {
		t.Errorf("after work began the item is on %s, triggered at %s", item.Spec.Branch, item.Spec.TriggeredAt)
	}
	if got := skipped(s); got != "ItemRefused 1" || !strings.Contains(s.Status.Skipped[0].Examples[0], "Delete WorkItem") {
		t.Errorf("skipped is %s: %+v", got, s.Status.Skipped)
	}
	if got := condition(s, v1alpha1.ConditionReady); got != "True Polled" {
		t.Errorf("one odd card made the source %s", got)
	}
}

func TestPollNeverAdopts(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	card := w.card("Add dark mode", "Ready", "feature/dark")
	w.poll()
	before := w.item(card).ResourceVersion

	second := w.source(func(s *v1alpha1.WorkSource) { s.Name = "second" })
	_, err := w.r.Reconcile(t.Context(), requestFor(second))
	must(t, err)
	s := &v1alpha1.WorkSource{}
	must(t, w.client.Get(t.Context(), client.ObjectKeyFromObject(second), s))
	if got := skipped(s); got != "OwnedByAnother 1" {
		t.Errorf("the second source skipped %q", got)
	}
	if got := w.item(card); got.ResourceVersion != before || got.Spec.SourceRef.Name != "board" {
		t.Errorf("the second source wrote the first one's item: %+v", got.Spec)
	}
}

func TestTwoSourcesThatRaceMakeOneOwner(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	first := w.source()
	second := w.source(func(s *v1alpha1.WorkSource) { s.Name = "second" })
	card := readyCard("PVTI_race")
	for _, s := range []*v1alpha1.WorkSource{first, second} {
		// Neither has seen the other's item: that is the race.
		refused, err := (apply{w.client, w.r.metrics}).bringUp(t.Context(), &poll{source: s}, chosenCard{
			card: card, name: ItemName(card.ID), branch: "b", specPath: "p",
		})
		must(t, err)
		if (s == first) != (refused == nil) || (s == second && refused.reason != v1alpha1.ReasonOwnedByAnother) {
			t.Errorf("source %s was refused: %+v", s.Name, refused)
		}
	}
	if got := w.item(card.ID); got.Spec.SourceRef.Name != "board" || metav1.GetControllerOf(got).UID != first.UID {
		t.Errorf("the item is %s's", got.Spec.SourceRef.Name)
	}
}

func TestItemThatIsRefusedStopsNobody(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source(func(s *v1alpha1.WorkSource) { s.Spec.SpecPath = strings.Repeat("a/", 200) + "<branch>" })
	w.card("Too long", "Ready", strings.Repeat("b", 200))
	good := w.card("Good", "Ready", "feature/good")
	s := w.poll()
	w.item(good)
	if got := skipped(s); got != "ItemRefused 1" || s.Status.Cards.Eligible != 1 || len(w.items()) != 1 {
		t.Errorf("skipped %s, cards %+v, %d items", got, s.Status.Cards, len(w.items()))
	}
}

func TestSchemaRefusesTheSameBranches(t *testing.T) {
	w := newWorld(t)
	for name, good := range branchNames {
		item := &v1alpha1.WorkItem{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, GenerateName: "branch-"},
			Spec: v1alpha1.WorkItemSpec{
				EnvironmentRef: v1alpha1.LocalObjectReference{Name: "builds"}, Repository: repository, Branch: name,
			},
		}
		err := w.client.Create(t.Context(), item, client.DryRunAll)
		if (err == nil) != good {
			t.Errorf("the API server says of branch %q: %v; want good to be %t", name, err, good)
		}
	}
}
