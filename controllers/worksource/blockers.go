// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const (
	// maxBlockers is how many blockers of a card the schema takes, which is as many as GitHub does.
	maxBlockers = 50
	// maxIssueName bounds an issue's name as the schema does, in bytes.
	maxIssueName = 160
)

// readBlockers has each chosen card know what blocks its issue. It is read for those that wait to be worked on; the others keep
// what their items say, and cost no request.
func readBlockers(ctx context.Context, b board.Blockers, source *v1alpha1.WorkSource, seen view, items existingItems, chosen []chosenCard) error {
	if !source.Spec.WaitsForBlockers() {
		return nil
	}
	var ids []string
	for i := range chosen {
		c := &chosen[i]
		if c.item != nil && c.item.Spec.Card != nil {
			c.blockedBy = c.item.Spec.Card.BlockedBy
		}
		if c.card.Type == board.TypeIssue && c.card.ContentID != "" && waitsToBeWorkedOn(*c) {
			ids = append(ids, c.card.ContentID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	read, err := b.BlockedBy(ctx, ids)
	if err != nil {
		return &boardError{fmt.Errorf("reading what the cards are blocked by: %w", err)}
	}
	workedOn := itemsOfIssues(source, seen, items)
	for i := range chosen {
		if blockers, ok := read[chosen[i].card.ContentID]; ok {
			chosen[i].blockedBy = blockersOf(chosen[i], blockers, workedOn)
		}
	}
	return nil
}

// waitsToBeWorkedOn reports whether a card has no build now, and will have one.
func waitsToBeWorkedOn(c chosenCard) bool {
	if c.item == nil {
		return true
	}
	again := c.item.Spec.TriggeredAt == nil || trigger(c).After(c.item.Spec.TriggeredAt.Time)
	return !c.item.AttemptActive() && (!c.item.Done() || again)
}

// itemsOfIssues are the names of the items that work on issues: those that the source has, and those of cards in the ready status,
// which may not exist yet. A listing by a query knows no others.
func itemsOfIssues(source *v1alpha1.WorkSource, seen view, items existingItems) map[string]string {
	names := map[string]string{}
	for _, card := range seen.ready {
		if card.ContentID != "" {
			names[card.ContentID] = ItemName(card.ID)
		}
	}
	for _, item := range items {
		if belongsTo(item, source) && item.Spec.Card.ContentID != "" {
			names[item.Spec.Card.ContentID] = item.Name
		}
	}
	return names
}

// blockersOf are a card's blockers as its item names them, in a fixed order, so that an item that nothing happens to is not
// written. workedOn are the names of the items that work on issues.
func blockersOf(c chosenCard, blockers []board.Blocker, workedOn map[string]string) []v1alpha1.Blocker {
	slices.SortFunc(blockers, func(a, b board.Blocker) int {
		return cmp.Or(cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Number, b.Number))
	})
	var out []v1alpha1.Blocker
	for _, b := range blockers {
		if b.ContentID == c.card.ContentID || len(out) == maxBlockers {
			continue
		}
		out = append(out, v1alpha1.Blocker{
			Issue: fault.Cut(fault.Clean(fmt.Sprintf("%s#%d", b.Repository, b.Number)), maxIssueName), WorkItem: workedOn[b.ContentID],
		})
	}
	return out
}
