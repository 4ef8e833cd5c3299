// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// cardKeyOf is the row that records what was processed for the item: its card's, if the source's own board confirms what the
// item says of the card. Anybody who may write items may name any card, source and time. A record under another team's card
// would make that card "already processed"; under the object's own it concerns nobody else.
func cardKeyOf(ctx context.Context, a access.Access, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) (string, error) {
	if frozen := frozenCardKey(item); frozen != "" {
		return frozen, nil
	}
	own := contract.ObjectCardKey(string(item.UID))
	source, err := a.Source(ctx, item)
	if err != nil {
		return "", err
	}
	claimed := item.Spec.Card
	if source == nil || claimed == nil {
		return own, nil
	}
	cards, err := a.Clients.Board(ctx, source, env)
	if err != nil {
		return "", fmt.Errorf("reaching the board: %w", err)
	}
	gh := source.Spec.GitHub
	ref := board.Ref{Owner: gh.Owner, ProjectNumber: int(gh.ProjectNumber), StatusField: gh.StatusField, ReadyStatus: gh.ReadyStatus}
	seen, err := cards.Cards(ctx, ref, []string{claimed.ID})
	if err != nil {
		// Without an answer nothing is known, and the object's own row would let another cluster do the same work.
		return "", fmt.Errorf("asking the board for the item's card: %w", err)
	}
	if card, ok := seen[claimed.ID]; !ok || !confirms(card, item) {
		return own, nil
	}
	return contract.CardKey(claimed.Provider, claimed.ID), nil
}

// frozenCardKey is the row of an earlier attempt for the same trigger.
func frozenCardKey(item *v1alpha1.WorkItem) string {
	if a := item.Status.Attempt; a != nil && item.Status.ObservedTrigger != nil && a.Trigger.Equal(item.Status.ObservedTrigger) {
		return a.Parameters.CardKey
	}
	return ""
}

// confirms reports whether a card on the source's board is what an item says of it. Its status may have changed since the
// item was triggered, so the item's trigger may be older, and then its record hides nothing. It must not be later: it would
// hide the card's own next trigger. A retry by hand is later, and is recorded as the object's own.
func confirms(card board.Card, item *v1alpha1.WorkItem) bool {
	return item.Spec.Card.Provider == contract.ProviderGitHub && strings.EqualFold(card.Repository, item.Spec.Repository) &&
		item.Status.ObservedTrigger.Unix() <= card.StatusUpdatedAt.Unix()
}
