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
	if diff := cmp.Diff(&v1alpha1.CardCounts{Seen: 6, Eligible: 1, Skipped: 4}, got.Status.Cards); diff != "" {
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
	if diff := cmp.Diff(map[string]int{"query ResolveBoard": 1, "query ListCards": 1}, w.calls()); diff != "" {
		t.Errorf("calls of the first poll (-want +got):\n%s", diff)
	}
	if items, applied := w.items(), w.applied(); len(items) != 20 || applied != 20 {
		t.Errorf("the first poll made %d items in %d writes, want 20", len(items), applied)
	}
	w.poll()
	if diff := cmp.Diff(map[string]int{"query ListCards": 1}, w.calls()); diff != "" {
		t.Errorf("calls of the second poll (-want +got):\n%s", diff)
	}
	if applied := w.applied(); applied != 0 {
		t.Errorf("the second poll wrote %d items", applied)
	}
}

// applied counts the writes of items since the last call of applied.
func (w *world) applied() int {
	defer w.writes.Store(0)
	return int(w.writes.Load())
}

// TestOtherSourcesCardsAreNoWarning: on a board that several sources poll, each skips the others' cards. They are counted, and
// nobody has to act.
func TestOtherSourcesCardsAreNoWarning(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source(func(s *v1alpha1.WorkSource) { s.Spec.GitHub.Repositories = []string{"acme/another"} })
	w.card("Checkout", "Ready", "feature/checkout")
	status := w.poll().Status
	if len(status.Skipped) != 1 || status.Skipped[0].Reason != v1alpha1.ReasonRepositoryNotAllowed || status.Skipped[0].Count != 1 {
		t.Errorf("skipped are %+v", status.Skipped)
	}
	for len(w.events.Events) > 0 {
		if event := <-w.events.Events; strings.HasPrefix(event, "Warning") || strings.Contains(event, v1alpha1.ReasonRepositoryNotAllowed) {
			t.Errorf("a person is told %q", event)
		}
	}
}
