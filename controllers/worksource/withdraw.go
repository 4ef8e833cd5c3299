// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// withdraw finds the cards that a person moved away: read directly, in two polls, their status is neither the
// ready one nor one that write-back sets. What is merely absent, hidden or archived is unknown.
type withdraw struct {
	client client.Client
}

// run returns the view with the ids that the names stand for now: they are looked up again before anything is withdrawn.
func (s withdraw) run(
	ctx context.Context, b board.Board, source *v1alpha1.WorkSource, seen view, items existingItems, now time.Time,
) (view, error) {
	candidates := withdrawalCandidates(source, seen, items)
	if len(candidates) == 0 || statusesGone(seen.listing) {
		return seen, nil
	}
	cards, err := b.Cards(ctx, boardRef(source), cardIDs(candidates))
	if err != nil {
		return view{}, &boardError{fmt.Errorf("reading cards that are not in the ready status any more: %w", err)}
	}
	gone, err := allStatusesGone(ctx, b, source, seen, cards)
	if err != nil || gone {
		return seen, err
	}
	places := make(map[string]place, len(candidates))
	for _, item := range candidates {
		card, found := cards[item.Spec.Card.ID]
		places[item.Name] = placeOf(source, seen.schema, card, found)
	}
	if anyMovedAway(places) {
		if seen.schema, err = lookUp(ctx, b, source, now); err != nil {
			return view{}, err
		}
		places = confirmPlaces(source, seen.schema, places)
	}
	for _, item := range candidates {
		if err := s.annotate(ctx, source, item, classify(source, item, places[item.Name]), now); err != nil {
			return view{}, fmt.Errorf("annotating work item %s with its card's withdrawal: %w", item.Name, err)
		}
	}
	return seen, nil
}

// statusesGone reports whether no card of several has a status: the options of the field were replaced, which takes the status
// of every card at once. Nobody moved a card then, so nothing is withdrawn.
func statusesGone(listing board.Listing) bool {
	return len(listing.Cards) > 1 && !slices.ContainsFunc(listing.Cards, func(c board.Card) bool { return c.StatusOptionID != "" })
}

// allStatusesGone asks the same of a listing that leaves out cards without a status: does any card of the board have one? It is only
// asked where a card that was read directly has none.
func allStatusesGone(ctx context.Context, b board.Lister, source *v1alpha1.WorkSource, seen view, cards map[string]board.Card) (bool, error) {
	if !seen.listing.Filtered || readyQuery(source) == "" || len(seen.ready) > 0 {
		return false, nil
	}
	without := false
	for _, c := range cards {
		without = without || c.StatusOptionID == ""
	}
	if !without {
		return false, nil
	}
	listing, err := b.List(ctx, boardRef(source), seen.schema, "has:"+strings.ToLower(defaultStatusField))
	if err != nil {
		return false, &boardError{fmt.Errorf("looking whether any card has a status: %w", err)}
	}
	return len(listing.Cards) == 0, nil
}

// withdrawalCandidates are the unfinished items of the source whose card is not known to be where it should be.
func withdrawalCandidates(source *v1alpha1.WorkSource, seen view, items existingItems) []*v1alpha1.WorkItem {
	ready, expected := readyItems(seen), map[string]bool{}
	for _, c := range seen.listing.Cards {
		if placeOf(source, seen.schema, c, true) == inPlace {
			expected[c.ID] = true
		}
	}
	return items.of(source, func(item *v1alpha1.WorkItem) bool {
		return !ready[item.Name] && !expected[item.Spec.Card.ID] && !item.Done() && !item.Spec.Cancel && !item.Withdrawn()
	})
}

// place is where a card is on the board.
type place int

const (
	unknown   place = iota // nothing can be said
	inPlace                // ready, or where write-back puts it
	movedAway              // in another status
)

// placeOf says where a card is.
func placeOf(source *v1alpha1.WorkSource, schema board.Schema, card board.Card, found bool) place {
	switch {
	case !found, card.Type == board.TypeRedacted, card.Archived:
		return unknown
	case card.StatusOptionID == schema.ReadyOptionID, slices.Contains(writeBackStatuses(source), card.Status):
		return inPlace
	}
	return movedAway
}

func anyMovedAway(places map[string]place) bool {
	for _, p := range places {
		if p == movedAway {
			return true
		}
	}
	return false
}

// confirmPlaces are the places under the ids that were just looked up. Where a status that write-back sets was renamed or
// deleted, every running card looks as if somebody had moved it away: then nothing is known of those.
func confirmPlaces(source *v1alpha1.WorkSource, schema board.Schema, places map[string]place) map[string]place {
	if len(absentWriteBack(source, schema)) == 0 {
		return places
	}
	confirmed := make(map[string]place, len(places))
	for name, p := range places {
		if p == movedAway {
			p = unknown
		}
		confirmed[name] = p
	}
	return confirmed
}

// change is what becomes of an item because of its card's place.
type change int

const (
	unchanged change = iota
	suspect          // the card was found moved away for the first time
	confirm          // the card was found moved away in two polls
	unsuspect        // the card is back where it should be
)

// classify decides what a card's place means for its item. A suspicion counts for the next poll only once its own poll was
// recorded as complete: a poll that is repeated because its record was lost is still the same poll.
func classify(source *v1alpha1.WorkSource, item *v1alpha1.WorkItem, p place) change {
	since, err := time.Parse(time.RFC3339, item.Annotations[v1alpha1.WithdrawalSuspectedAnnotation])
	suspected := err == nil
	last := source.Status.LastPollTime
	switch {
	case p == inPlace && suspected:
		return unsuspect
	case p != movedAway:
		return unchanged
	case source.Spec.OnWithdrawn == v1alpha1.WithdrawalFinish && item.AttemptActive():
		return unchanged
	case !suspected:
		return suspect
	case last == nil || last.Time.Before(since):
		return unchanged
	}
	return confirm
}

// annotate writes a change into the item's annotations.
func (s withdraw) annotate(ctx context.Context, source *v1alpha1.WorkSource, item *v1alpha1.WorkItem, c change, now time.Time) error {
	if c == unchanged || item.Spec.TriggeredAt == nil {
		return nil
	}
	part := ownPart(source, item)
	delete(part.Annotations, v1alpha1.WithdrawalSuspectedAnnotation)
	switch c {
	case suspect:
		part.Annotations[v1alpha1.WithdrawalSuspectedAnnotation] = now.UTC().Format(time.RFC3339)
	case confirm:
		part.Annotations[v1alpha1.WithdrawnAnnotation] = item.Spec.TriggeredAt.UTC().Format(time.RFC3339)
	case unsuspect, unchanged:
	}
	_, err := applyItem(ctx, s.client, source, part)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil // it is another item by now
	}
	if err == nil && c == confirm {
		log.FromContext(ctx).Info("Withdrew a work item: its card was moved away", logging.KeyWorkItem, client.ObjectKeyFromObject(item).String())
	}
	return err
}
