// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

// chosenCard is a card that an item is made of.
type chosenCard struct {
	card     board.Card
	name     string
	branch   string
	specPath string
	item     *v1alpha1.WorkItem // nil if there is none yet
}

// choose decides which of the cards in the ready status become items, and why the others do not.
type choose struct{}

func (s choose) run(ctx context.Context, p *poll) (next, error) {
	cards := readyCards(p.listing, p.schema)
	p.ready = make(map[string]bool, len(cards))
	for _, c := range cards {
		p.ready[ItemName(c.ID)] = true
	}
	linked, err := s.linkedBranches(ctx, p, cards)
	if err != nil {
		p.failure = fmt.Errorf("reading the cards' linked branches: %w", err)
		return stop, nil
	}
	for _, card := range cards {
		s.consider(p, card, linked)
	}
	return goOn, nil
}

// readyCards are the cards in the ready status, oldest first.
func readyCards(listing board.Listing, schema board.Schema) []board.Card {
	var cards []board.Card
	for _, c := range listing.Cards {
		if c.StatusOptionID == schema.ReadyOptionID && !c.Archived {
			cards = append(cards, c)
		}
	}
	slices.SortFunc(cards, func(a, b board.Card) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(cards, func(a, b board.Card) bool { return a.ID == b.ID })
}

// consider makes a choice of a card, or counts it as skipped.
func (choose) consider(p *poll, card board.Card, linked map[string][]string) {
	c := chosenCard{card: card, name: ItemName(card.ID), item: p.items[ItemName(card.ID)]}
	for _, guard := range guards {
		if refused := guard(p.source, c); refused != nil {
			p.skipped.add(refused.reason, card, refused.advice)
			return
		}
	}
	if branches, read := linked[card.ContentID]; !read && knownBranch(p.source, c) {
		c.branch = c.item.Spec.Branch
	} else {
		branch, refused := branchOf(p.source, card, branches)
		if refused != nil {
			p.skipped.add(refused.reason, card, refused.advice)
			return
		}
		c.branch = branch
	}
	c.specPath = p.source.Spec.SpecFolder(c.branch)
	if advice := frozen(c); advice != "" {
		p.skipped.add(v1alpha1.ReasonItemRefused, card, advice)
		c.branch, c.specPath = c.item.Spec.Branch, c.item.Spec.SpecPath
		c.card.Repository = c.item.Spec.Repository
	}
	p.chosen = append(p.chosen, c)
}

// guards are asked in this order; the first that refuses a card is what its owner reads.
var guards = []func(*v1alpha1.WorkSource, chosenCard) *refusal{visible, inRepository, allowed, unclaimed}

func visible(_ *v1alpha1.WorkSource, c chosenCard) *refusal {
	if c.card.Type != board.TypeRedacted {
		return nil
	}
	return &refusal{v1alpha1.ReasonRedactedCard, "the credentials cannot see what it shows. Give them read access to its repository."}
}

func inRepository(_ *v1alpha1.WorkSource, c chosenCard) *refusal {
	if c.card.Type != board.TypeDraft && c.card.Repository != "" {
		return nil
	}
	return &refusal{v1alpha1.ReasonDraftCard, "a draft belongs to no repository. Convert it to an issue."}
}

func allowed(source *v1alpha1.WorkSource, c chosenCard) *refusal {
	list := source.Spec.GitHub.Repositories
	if len(list) == 0 || slices.ContainsFunc(list, func(r string) bool { return strings.EqualFold(r, c.card.Repository) }) {
		return nil
	}
	return &refusal{v1alpha1.ReasonRepositoryNotAllowed, "its repository is not in spec.github.repositories. Add it there, or take the card off the board."}
}

func unclaimed(source *v1alpha1.WorkSource, c chosenCard) *refusal {
	if c.item == nil || ours(c.item, source) {
		return nil
	}
	owner := "nobody"
	if c.item.Spec.SourceRef != nil {
		owner = "WorkSource " + c.item.Spec.SourceRef.Name
	}
	return &refusal{v1alpha1.ReasonOwnedByAnother, fmt.Sprintf(
		"WorkItem %s belongs to %s. Poll the card from one source, or delete the item.", c.item.Name, cut(owner, 100))}
}

// frozen says that the card names other work than its item began with. The item keeps what it began with: a
// branch that is swapped under a running build would be merged unreviewed.
func frozen(c chosenCard) string {
	if c.item == nil || c.item.Status.Attempt == nil {
		return ""
	}
	spec := c.item.Spec
	for _, f := range []struct{ field, was, is string }{
		{"repository", spec.Repository, c.card.Repository},
		{"branch", spec.Branch, c.branch},
		{"spec path", spec.SpecPath, c.specPath},
	} {
		if f.was != f.is {
			return fmt.Sprintf("its %s became %q after work began on %q, which is kept. Delete WorkItem %s to begin anew.",
				f.field, cut(f.is, 50), cut(f.was, 50), c.item.Name)
		}
	}
	return ""
}

// linkedBranches reads the branches linked to the issues that need it: those without an item, and those whose
// card changed since it was last done. The others cost no request.
func (choose) linkedBranches(ctx context.Context, p *poll, cards []board.Card) (map[string][]string, error) {
	if branchOrigin(p.source) != v1alpha1.BranchFromLinkedBranch {
		return nil, nil
	}
	var ids []string
	for _, card := range cards {
		c := chosenCard{card: card, item: p.items[ItemName(card.ID)]}
		if card.Type == board.TypeIssue && card.ContentID != "" && allowed(p.source, c) == nil && unclaimed(p.source, c) == nil &&
			!knownBranch(p.source, c) {
			ids = append(ids, card.ContentID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return p.board.LinkedBranches(ctx, ids)
}

// knownBranch reports whether the card's linked branch was read for the version of the card that is listed.
func knownBranch(source *v1alpha1.WorkSource, c chosenCard) bool {
	return branchOrigin(source) == v1alpha1.BranchFromLinkedBranch && c.item != nil &&
		c.item.Annotations[v1alpha1.CardVersionAnnotation] == version(c.card)
}

func version(card board.Card) string { return card.UpdatedAt.UTC().Format(time.RFC3339) }
