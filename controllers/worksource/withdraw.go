// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

// withdraw finds the cards that a person moved away: read directly, in two polls, their status is neither the
// ready one nor one that write-back sets. What is merely absent, hidden or archived is unknown.
type withdraw struct {
	client client.Client
}

func (s withdraw) run(ctx context.Context, p *poll) (next, error) {
	suspects := s.suspects(p)
	if len(suspects) == 0 {
		return goOn, nil
	}
	cards, err := p.board.Cards(ctx, p.ref(), cardIDs(suspects))
	if err != nil {
		p.failure = fmt.Errorf("reading cards that are not in the ready status any more: %w", err)
		return stop, nil
	}
	seen := make(map[string]sighting, len(suspects))
	anyAway := false
	for _, item := range suspects {
		card, found := cards[item.Spec.Card.ID]
		seen[item.Name] = sight(p.source, p.schema, card, found)
		anyAway = anyAway || seen[item.Name] == away
	}
	if anyAway {
		if next := s.believe(ctx, p, seen); next != goOn {
			return next, nil
		}
	}
	for _, item := range suspects {
		if err := s.note(ctx, p, item, judge(p.source, item, seen[item.Name])); err != nil {
			return stop, fmt.Errorf("noting the withdrawal of work item %s: %w", item.Name, err)
		}
	}
	return goOn, nil
}

// suspects are the unfinished items of this source whose card is not known to be where it should be.
func (withdraw) suspects(p *poll) []*v1alpha1.WorkItem {
	expected := map[string]bool{}
	for _, c := range p.listing.Cards {
		if sight(p.source, p.schema, c, true) == inPlace {
			expected[c.ID] = true
		}
	}
	return itemsOf(p, func(item *v1alpha1.WorkItem) bool {
		return !p.ready[item.Name] && !expected[item.Spec.Card.ID] && !item.Done() && !item.Spec.Cancel && !item.Withdrawn()
	})
}

// believe looks the names up again before anything is withdrawn on their strength. Where a status that write-back
// sets was renamed or deleted, every running card would look as if somebody had moved it away.
func (withdraw) believe(ctx context.Context, p *poll, seen map[string]sighting) next {
	if next := lookUp(ctx, p); next != goOn {
		return next
	}
	if len(absentWriteBack(p.source, p.schema)) == 0 {
		return goOn
	}
	for name, s := range seen {
		if s == away {
			seen[name] = unknown
		}
	}
	return goOn
}

// sighting is where a card was seen.
type sighting int

const (
	unknown sighting = iota // nothing can be said
	inPlace                 // ready, or where write-back puts it
	away                    // somewhere else
)

// sight says where a card is.
func sight(source *v1alpha1.WorkSource, schema board.Schema, card board.Card, found bool) sighting {
	switch {
	case !found, card.Type == board.TypeRedacted, card.Archived:
		return unknown
	case card.StatusOptionID == schema.ReadyOptionID, slices.Contains(writeBackStatuses(source), card.Status):
		return inPlace
	}
	return away
}

// verdict is what a sighting means for an item.
type verdict int

const (
	leave   verdict = iota // nothing to note
	suspect                // seen away for the first time
	confirm                // seen away in two polls
	acquit                 // it is back where it should be
)

// judge decides what a sighting means. A suspicion counts for the next poll only once its own poll was recorded as
// complete: a poll that is repeated because its record was lost is still the same poll.
func judge(source *v1alpha1.WorkSource, item *v1alpha1.WorkItem, s sighting) verdict {
	since, err := time.Parse(time.RFC3339, item.Annotations[v1alpha1.WithdrawalSuspectedAnnotation])
	suspected := err == nil
	last := source.Status.LastPollTime
	switch {
	case s == inPlace && suspected:
		return acquit
	case s != away:
		return leave
	case source.Spec.OnWithdrawn == v1alpha1.WithdrawalFinish && item.AttemptActive():
		return leave
	case !suspected:
		return suspect
	case last == nil || last.Time.Before(since):
		return leave
	}
	return confirm
}

// note writes a verdict into the item's annotations.
func (s withdraw) note(ctx context.Context, p *poll, item *v1alpha1.WorkItem, v verdict) error {
	if v == leave || item.Spec.TriggeredAt == nil {
		return nil
	}
	part := ownPart(p.source, item)
	delete(part.Annotations, v1alpha1.WithdrawalSuspectedAnnotation)
	switch v {
	case suspect:
		part.Annotations[v1alpha1.WithdrawalSuspectedAnnotation] = p.began.UTC().Format(time.RFC3339)
	case confirm:
		part.Annotations[v1alpha1.WithdrawnAnnotation] = item.Spec.TriggeredAt.UTC().Format(time.RFC3339)
	case acquit, leave:
	}
	err := applyItem(ctx, s.client, p.source, part)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil // it is another item by now
	}
	if err == nil && v == confirm {
		log.FromContext(ctx).Info("Withdrew a work item: its card was moved away", keyWorkItem, item.Name)
	}
	return err
}

// itemsOf are this source's items for which keep is true, by name, without those that are being deleted.
func itemsOf(p *poll, keep func(*v1alpha1.WorkItem) bool) []*v1alpha1.WorkItem {
	var items []*v1alpha1.WorkItem
	for _, item := range p.items {
		if ours(item, p.source) && item.DeletionTimestamp.IsZero() && keep(item) {
			items = append(items, item)
		}
	}
	slices.SortFunc(items, func(a, b *v1alpha1.WorkItem) int { return cmp.Compare(a.Name, b.Name) })
	return items
}

func cardIDs(items []*v1alpha1.WorkItem) []string {
	ids := make([]string, 0, len(items))
	for _, item := range items {
		ids = append(ids, item.Spec.Card.ID)
	}
	return ids
}
