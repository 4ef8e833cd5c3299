// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// cardKeys are the rows that an item's card is known by.
type cardKeys struct {
	// record is the row that records what was processed for the item.
	record string
	// identity is whom the budget of an item is counted for.
	identity string
}

// cardKeysOf finds them: those of its card, if the source's own board confirms what the item says of the card. Anybody who may write
// items may name any card, source and time. A record under another team's card would make that card "already processed", and what is
// counted there be missing for that card; under the object's own it concerns nobody else. A retry by hand is of the card, and its time
// is not the card's: it is counted for the card, and recorded as the object's own.
func cardKeysOf(ctx context.Context, a access.Access, item *v1alpha1.WorkItem, source *v1alpha1.WorkSource, env *v1alpha1.WorkEnvironment) (cardKeys, error) {
	if frozen, ok := frozenCardKeys(item); ok {
		return frozen, nil
	}
	own := contract.ObjectCardKey(string(item.UID))
	claimed := item.Spec.Card
	if source == nil || claimed == nil {
		return cardKeys{own, own}, nil
	}
	cards, err := a.Clients.Board(ctx, source, env)
	if err != nil {
		return cardKeys{}, fmt.Errorf("reaching the board: %w", err)
	}
	gh := source.Spec.GitHub
	ref := board.Ref{Owner: gh.Owner, ProjectNumber: int(gh.ProjectNumber), StatusField: gh.StatusField, ReadyStatus: gh.ReadyStatus}
	seen, err := cards.Cards(ctx, ref, []string{claimed.ID})
	if err != nil {
		// Without an answer nothing is known, and the object's own row would let another cluster do the same work.
		return cardKeys{}, fmt.Errorf("asking the board for the item's card: %w", err)
	}
	card, ok := seen[claimed.ID]
	cardsOwn := contract.CardKey(claimed.Provider, claimed.ID)
	switch {
	case !ok || !isOf(card, item):
		return cardKeys{own, own}, nil
	case !confirms(card, item):
		return cardKeys{own, cardsOwn}, nil
	}
	return cardKeys{cardsOwn, cardsOwn}, nil
}

// frozenCardKeys are those of an earlier attempt for the same trigger.
func frozenCardKeys(item *v1alpha1.WorkItem) (cardKeys, bool) {
	a := item.Status.Attempt
	if a == nil || item.Status.ObservedTrigger == nil || !a.Trigger.Equal(item.Status.ObservedTrigger) || a.Parameters.CardKey == "" {
		return cardKeys{}, false
	}
	return cardKeys{a.Parameters.CardKey, cmp.Or(a.Parameters.CardIdentity, a.Parameters.CardKey)}, true
}

// isOf reports whether a card on the source's board is of the item's repository.
func isOf(card board.Card, item *v1alpha1.WorkItem) bool {
	return item.Spec.Card.Provider == contract.ProviderGitHub && strings.EqualFold(card.Repository, item.Spec.Repository)
}

// confirms reports whether a card on the source's board is what an item says of it. Its status may have changed since the
// item was triggered, so the item's trigger may be older, and then its record hides nothing. It must not be later: it would
// hide the card's own next trigger. A retry by hand is later, and is recorded as the object's own.
func confirms(card board.Card, item *v1alpha1.WorkItem) bool {
	return isOf(card, item) && item.Status.ObservedTrigger.Unix() <= card.StatusUpdatedAt.Unix()
}
