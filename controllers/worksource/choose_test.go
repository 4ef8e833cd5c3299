// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

const readyOption = "option-ready"

func readyCard(id string, change ...func(*board.Card)) board.Card {
	c := board.Card{
		ID: id, Type: board.TypeIssue, ContentID: "issue-" + id, Number: 1, Title: "Work " + id, Repository: "acme/app",
		Status: "Ready", StatusOptionID: readyOption, StatusUpdatedAt: epoch, UpdatedAt: epoch, CreatedAt: epoch.Add(-time.Hour),
		BranchField: "feature/" + id,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func itemFor(id string, change ...func(*v1alpha1.WorkItem)) *v1alpha1.WorkItem {
	i := &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: ItemName(id)},
		Spec: v1alpha1.WorkItemSpec{
			SourceRef: &v1alpha1.LocalObjectReference{Name: "board"}, Card: &v1alpha1.Card{Provider: provider, ID: id},
			TriggeredAt: at(0), Repository: "acme/app", Branch: "feature/" + id, SpecPath: ".kiro/specs/feature/" + id,
		},
	}
	for _, f := range change {
		f(i)
	}
	return i
}

func begun(i *v1alpha1.WorkItem) { i.Status.Attempt = &v1alpha1.Attempt{Number: 1} }

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
		{"a card in another status is none of ours", polled(), readyCard("a", func(c *board.Card) { c.StatusOptionID = "option-done" }), nil, "", ""},
		{"an archived card was put away; it is neither chosen nor complained about", polled(), readyCard("a", func(c *board.Card) { c.Archived = true }), nil, "", ""},
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
			"after work began, the item keeps its branch and the card's owner is told", polled(), readyCard("a", func(c *board.Card) { c.BranchField = "new" }),
			itemFor("a", begun), "feature/a at .kiro/specs/feature/a", v1alpha1.ReasonItemRefused,
		},
		{"an item whose work began and whose card is as it was gives no complaint", polled(), readyCard("a"), itemFor("a", begun), "feature/a at .kiro/specs/feature/a", ""},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			p := &poll{began: epoch, source: c.source, schema: board.Schema{ReadyOptionID: readyOption}, listing: board.Listing{Cards: []board.Card{c.card}}}
			if c.item != nil {
				p.items = map[string]*v1alpha1.WorkItem{c.item.Name: c.item}
			}
			if next, err := (choose{}).run(t.Context(), p); next != goOn || err != nil {
				t.Fatalf("the step ended with %v, %v", next, err)
			}
			chosen := ""
			if len(p.chosen) > 0 {
				chosen = p.chosen[0].branch + " at " + p.chosen[0].specPath
			}
			skipped := ""
			for _, s := range p.skipped.status() {
				skipped += s.Reason
			}
			if diff := cmp.Diff([]string{c.chosen, c.skipped}, []string{chosen, skipped}); diff != "" {
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

func TestTallyIsBounded(t *testing.T) {
	var tally tally
	for n := range 1000 {
		tally.add(v1alpha1.ReasonDraftCard, board.Card{Title: strings.Repeat("ö", 300) + "\x1b[31m\n"}, fmt.Sprintf("advice %d "+strings.Repeat("ä", 300), n))
	}
	got := tally.status()
	if len(got) != 1 || got[0].Count != 1000 || tally.total() != 1000 || len(got[0].Examples) != maxExamples {
		t.Fatalf("the tally is %+v", got)
	}
	for _, e := range got[0].Examples {
		if len(e) > maxExample || !utf8.ValidString(e) || strings.ContainsAny(e, "\x1b\n") {
			t.Errorf("example %q", e)
		}
	}
}

func TestDrifted(t *testing.T) {
	schema := board.Schema{ReadyOptionID: readyOption}
	cases := []struct {
		why   string
		cards []board.Card
		want  bool
	}{
		{"a ready card under its name fits", []board.Card{readyCard("a")}, false},
		{"the ready option has another name now", []board.Card{readyCard("a", func(c *board.Card) { c.Status = "Go" })}, true},
		{"an idle board may be one whose status was renamed", []board.Card{readyCard("a", func(c *board.Card) { c.StatusOptionID = "" })}, true},
		{"so may an empty one", nil, true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := drifted(board.Listing{Cards: c.cards}, schema, "Ready"); got != c.want {
				t.Errorf("drifted is %t, want %t", got, c.want)
			}
		})
	}
}
