// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

const blockersCall = "query ReadBlockers"

func waitsForBlockers(until v1alpha1.DependencyGoal) func(*v1alpha1.WorkSource) {
	return func(s *v1alpha1.WorkSource) {
		s.Spec.Dependencies = &v1alpha1.DependencyRule{BlockedBy: v1alpha1.BlockedByWait, Until: until}
	}
}

// content is the node id of a card's issue.
func (w *world) content(card string) string {
	w.t.Helper()
	c, err := w.github.Card(card)
	must(w.t, err)
	return c.ContentID
}

func TestBlockersBecomeDependencies(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source(waitsForBlockers(v1alpha1.DependencyMerged))
	first, second := w.card("First", "Ready", "feature/first"), w.card("Second", "Ready", "feature/second")
	_, elsewhere, err := w.github.CreateIssue(emulator.Issue{Repository: repository, Title: "Elsewhere"})
	must(t, err)
	must(t, w.github.BlockIssue(w.content(second), elsewhere))
	must(t, w.github.BlockIssue(w.content(second), w.content(first)))
	w.poll()
	item := w.item(second)
	want := []v1alpha1.Blocker{{Issue: repository + "#1", WorkItem: ItemName(first)}, {Issue: repository + "#3"}}
	if diff := cmp.Diff(want, item.Spec.Card.BlockedBy); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if item.Spec.DependenciesUntil != v1alpha1.DependencyMerged || w.item(first).Spec.Card.BlockedBy != nil {
		t.Errorf("until %q, the first is blocked by %v", item.Spec.DependenciesUntil, w.item(first).Spec.Card.BlockedBy)
	}

	// The first card leaves the ready status, so that a listing does not show it; it has an item all the same.
	w.move(first, "In Progress")
	must(t, w.github.CloseIssue(elsewhere))
	writes := w.writes.Load()
	w.poll()
	if diff := cmp.Diff(want[:1], w.item(second).Spec.Card.BlockedBy); diff != "" {
		t.Errorf("after one was closed: -want +got:\n%s", diff)
	}
	if n := w.writes.Load() - writes; n > 2 { // the closed one's, and the suspected withdrawal of the other
		t.Errorf("%d writes", n)
	}
	w.move(first, "Ready")
	w.poll()
	must(t, w.github.UnblockIssue(w.content(second), w.content(first)))
	w.poll()
	if got := w.item(second).Spec.Card.BlockedBy; got != nil {
		t.Errorf("after the relation was removed: %v", got)
	}
}

// A person's own dependencies stay, and what works or is done costs no call.
func TestBlockersAreReadForWaitingCardsAlone(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source(waitsForBlockers(v1alpha1.DependencySucceeded))
	card := w.card("First", "Ready", "feature/first")
	w.poll()
	item := w.item(card)
	before := item.DeepCopy()
	item.Spec.DependsOn = []string{"by-hand"}
	must(t, w.client.Patch(t.Context(), item, client.MergeFrom(before)))
	w.poll()
	if got := w.item(card).Spec.DependsOn; len(got) != 1 {
		t.Errorf("a person's dependencies became %v", got)
	}
	calls := func() int { return w.cloud.Faults.Calls(emulator.Service, blockersCall) }
	if n := calls(); n != 2 {
		t.Errorf("%d calls for one waiting card in two polls", n)
	}
	w.attempt(card, "")
	w.poll()
	if n := calls(); n != 2 {
		t.Errorf("a card that is worked on was asked for: %d calls", n)
	}
}

func TestBlockersAreIgnoredByDefault(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	first, second := w.card("First", "Ready", "feature/first"), w.card("Second", "Ready", "feature/second")
	must(t, w.github.BlockIssue(w.content(second), w.content(first)))
	w.poll()
	if got := w.item(second).Spec; got.Card.BlockedBy != nil || got.DependenciesUntil != "" || w.cloud.Faults.Calls(emulator.Service, blockersCall) != 0 {
		t.Errorf("got %+v", got)
	}
}
