// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

func TestChoose(t *testing.T) {
	onlyApp := polled(func(s *v1alpha1.WorkSource) { s.Spec.GitHub.Repositories = []string{"Acme/App"} })
	cases := []struct {
		why     string
		source  *v1alpha1.WorkSource
		card    board.Card
		item    *v1alpha1.WorkItem
		chosen  string // "branch at spec path"
		skipped string // reason
	}{
		{"a card in the ready status is chosen", polled(), readyCard("a"), nil, "feature/a at .kiro/specs/feature/a", ""},
		{"a card in another status is ignored", polled(), readyCard("a", func(c *board.Card) { c.StatusOptionID = "option-done" }), nil, "", ""},
		{"an archived card is neither chosen nor counted as skipped", polled(), readyCard("a", func(c *board.Card) { c.Archived = true }), nil, "", ""},
		{"a draft belongs to no repository", polled(), readyCard("a", func(c *board.Card) { c.Type, c.Repository = board.TypeDraft, "" }), nil, "", v1alpha1.ReasonDraftCard},
		{"a card that the credentials cannot see", polled(), readyCard("a", func(c *board.Card) { c.Type = board.TypeRedacted }), nil, "", v1alpha1.ReasonRedactedCard},
		{"a card without a branch", polled(), readyCard("a", func(c *board.Card) { c.BranchField = "" }), nil, "", v1alpha1.ReasonBranchMissing},
		{"a repository's name has no case", onlyApp, readyCard("a"), nil, "feature/a at .kiro/specs/feature/a", ""},
		{"a repository that is not on the list", onlyApp, readyCard("a", func(c *board.Card) { c.Repository = "acme/other" }), nil, "", v1alpha1.ReasonRepositoryNotAllowed},
		{
			"an item of another source is never adopted", polled(), readyCard("a"),
			itemFor("a", func(i *v1alpha1.WorkItem) { i.Spec.SourceRef.Name = "other" }), "", v1alpha1.ReasonOwnedByAnother,
		},
		{
			"nor is one that somebody made by hand", polled(), readyCard("a"),
			itemFor("a", func(i *v1alpha1.WorkItem) { i.Spec.SourceRef = nil }), "", v1alpha1.ReasonOwnedByAnother,
		},
		{
			"before work began, a new branch is followed", polled(), readyCard("a", func(c *board.Card) { c.BranchField = "new" }),
			itemFor("a"), "new at .kiro/specs/new", "",
		},
		{
			"after work began, the item keeps its branch and the card counts as skipped", polled(), readyCard("a", func(c *board.Card) { c.BranchField = "new" }),
			itemFor("a", begun), "feature/a at .kiro/specs/feature/a", v1alpha1.ReasonItemRefused,
		},
		{"a card that did not change after work began is not skipped", polled(), readyCard("a"), itemFor("a", begun), "feature/a at .kiro/specs/feature/a", ""},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			items := existingItems{}
			if c.item != nil {
				items[c.item.Name] = c.item
			}
			cards := readyCards(board.Listing{Cards: []board.Card{c.card}}, board.Schema{ReadyOptionID: readyOption})
			chosen, skipped := choose(c.source, cards, items, nil)
			var got [2]string
			for _, card := range chosen {
				got[0] += card.branch + " at " + card.specPath
			}
			for _, s := range skipped {
				got[1] += s.reason
			}
			if diff := cmp.Diff([2]string{c.chosen, c.skipped}, got); diff != "" {
				t.Errorf("chosen and skipped (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadyCardsAreOldestFirstAndOnce(t *testing.T) {
	old := func(c *board.Card) { c.CreatedAt = epoch.Add(-48 * time.Hour) }
	cards := readyCards(board.Listing{Cards: []board.Card{readyCard("b"), readyCard("a"), readyCard("z", old), readyCard("a")}}, board.Schema{ReadyOptionID: readyOption})
	var ids []string
	for _, c := range cards {
		ids = append(ids, c.ID)
	}
	if diff := cmp.Diff([]string{"z", "a", "b"}, ids); diff != "" {
		t.Errorf("a card that moved between two pages is listed twice, and must count once (-want +got):\n%s", diff)
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
