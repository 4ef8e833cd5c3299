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
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// chosenCard is a card that an item is made of.
type chosenCard struct {
	card     board.Card
	name     string
	branch   string
	specPath string
	item     *v1alpha1.WorkItem // nil if there is none yet
	// blockedBy is what blocks the card's issue, where the source waits for that.
	blockedBy []v1alpha1.Blocker
}

// skippedCard is a card in the ready status that no item is made of, or not the one that the card names.
type skippedCard struct {
	card board.Card
	refusal
}

// choose decides which of the cards in the ready status become items, and why the others do not. linked are the branches
// linked to the cards' issues, by content id.
func choose(
	source *v1alpha1.WorkSource, cards []board.Card, items existingItems, linked map[string][]string,
) (chosen []chosenCard, skipped []skippedCard) {
	for _, card := range cards {
		c, refused := consider(source, card, items[ItemName(card.ID)], linked)
		if c != nil {
			chosen = append(chosen, *c)
		}
		if refused != nil {
			skipped = append(skipped, skippedCard{card, *refused})
		}
	}
	return chosen, skipped
}

// consider decides on one card: it is chosen, or refused. It is both where the card names other work than its item began
// with; the item then keeps what it began with.
func consider(source *v1alpha1.WorkSource, card board.Card, item *v1alpha1.WorkItem, linked map[string][]string) (*chosenCard, *refusal) {
	c := chosenCard{card: card, name: ItemName(card.ID), item: item}
	for _, guard := range guards {
		if refused := guard(source, c); refused != nil {
			return nil, refused
		}
	}
	if branches, read := linked[card.ContentID]; !read && knownBranch(source, c) {
		c.branch = c.item.Spec.Branch
	} else {
		branch, refused := branchOf(source, card, branches)
		if refused != nil {
			return nil, refused
		}
		c.branch = branch
	}
	c.specPath = source.Spec.SpecFolder(c.branch)
	refused := frozen(c)
	if refused != nil {
		c.branch, c.specPath, c.card.Repository = c.item.Spec.Branch, c.item.Spec.SpecPath, c.item.Spec.Repository
	}
	return &c, refused
}

// readyCards are the cards in the ready status, oldest first.
func readyCards(listing board.Listing, schema board.Schema) []board.Card {
	var cards []board.Card
	for _, c := range listing.Cards {
		if isReady(c, schema) {
			cards = append(cards, c)
		}
	}
	slices.SortFunc(cards, func(a, b board.Card) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(cards, func(a, b board.Card) bool { return a.ID == b.ID })
}

// readyItems are the names of the items of every card in the ready status.
func readyItems(seen view) map[string]bool {
	names := map[string]bool{}
	for _, c := range seen.ready {
		names[ItemName(c.ID)] = true
	}
	return names
}

func isReady(card board.Card, schema board.Schema) bool {
	return card.StatusOptionID == schema.ReadyOptionID && !card.Archived
}

// guards are asked in this order. The first one that refuses a card is shown to its owner.
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
	return &refusal{v1alpha1.ReasonRepositoryNotAllowed, "its repository is not in spec.github.repositories. If another source works on it, nothing is to do; else add it there."}
}

func unclaimed(source *v1alpha1.WorkSource, c chosenCard) *refusal {
	if c.item == nil || belongsTo(c.item, source) {
		return nil
	}
	owner := "nobody"
	if c.item.Spec.SourceRef != nil {
		owner = "WorkSource " + c.item.Spec.SourceRef.Name
	}
	return &refusal{v1alpha1.ReasonOwnedByAnother, fmt.Sprintf(
		"WorkItem %s belongs to %s. Poll the card from one source, or delete the item.", c.item.Name, fault.Cut(owner, maxNameShown))}
}

// frozen refuses a card that names other work than its item began with. A branch that is exchanged under a running build
// would be merged without a review.
func frozen(c chosenCard) *refusal {
	if c.item == nil || c.item.Status.Attempt == nil {
		return nil
	}
	spec := c.item.Spec
	for _, f := range []struct{ field, was, is string }{
		{"repository", spec.Repository, c.card.Repository},
		{"branch", spec.Branch, c.branch},
		{"spec path", spec.SpecPath, c.specPath},
	} {
		if f.was != f.is {
			return &refusal{v1alpha1.ReasonItemRefused, fmt.Sprintf("its %s became %q after work began on %q, which is kept. Delete WorkItem %s to begin again.",
				f.field, fault.Cut(f.is, maxValueShown), fault.Cut(f.was, maxValueShown), c.item.Name)}
		}
	}
	return nil
}

// readLinkedBranches reads the branches linked to the issues that need it: those without an item, and those whose
// card changed since it was last done. The others cost no request.
func readLinkedBranches(
	ctx context.Context, b board.Lister, source *v1alpha1.WorkSource, cards []board.Card, items existingItems,
) (map[string][]string, error) {
	if branchOrigin(source) != v1alpha1.BranchFromLinkedBranch {
		return nil, nil
	}
	var ids []string
	for _, card := range cards {
		c := chosenCard{card: card, item: items[ItemName(card.ID)]}
		if card.Type == board.TypeIssue && card.ContentID != "" && allowed(source, c) == nil && unclaimed(source, c) == nil && !knownBranch(source, c) {
			ids = append(ids, card.ContentID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	linked, err := b.LinkedBranches(ctx, ids)
	if err != nil {
		return nil, &boardError{fmt.Errorf("reading the cards' linked branches: %w", err)}
	}
	return linked, nil
}

// knownBranch reports whether the card's linked branch was read for the version of the card that is listed.
func knownBranch(source *v1alpha1.WorkSource, c chosenCard) bool {
	return branchOrigin(source) == v1alpha1.BranchFromLinkedBranch && c.item != nil &&
		c.item.Annotations[v1alpha1.CardVersionAnnotation] == version(c.card)
}

func version(card board.Card) string { return card.UpdatedAt.UTC().Format(time.RFC3339) }
