// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"fmt"
	"math"
	"slices"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const (
	maxExamples   = 3
	maxExample    = 256
	maxTitleShown = 60
)

// tally counts skipped cards by reason, and keeps a few of each as examples. A board with a thousand drafts must
// not fill the status.
type tally struct {
	byReason map[string]*v1alpha1.SkippedCards
}

// tallyOf counts cards.
func tallyOf(skipped []skippedCard) *tally {
	t := &tally{}
	for _, s := range skipped {
		t.add(s.reason, s.card, s.advice)
	}
	return t
}

// add counts a card. advice says what to do to the card's owner.
func (t *tally) add(reason string, card board.Card, advice string) {
	if t.byReason == nil {
		t.byReason = map[string]*v1alpha1.SkippedCards{}
	}
	s, ok := t.byReason[reason]
	if !ok {
		s = &v1alpha1.SkippedCards{Reason: reason}
		t.byReason[reason] = s
	}
	s.Count++
	if len(s.Examples) < maxExamples {
		s.Examples = append(s.Examples, fault.Cut(fault.Clean(describe(card)+": "+advice), maxExample))
	}
}

func (t *tally) total() int32 {
	var n int32
	for _, s := range t.byReason {
		n += s.Count
	}
	return n
}

// status is the tally as the API has it, by reason in alphabetical order.
func (t *tally) status() []v1alpha1.SkippedCards {
	var all []v1alpha1.SkippedCards
	for _, s := range t.byReason {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b v1alpha1.SkippedCards) int {
		if a.Reason < b.Reason {
			return -1
		}
		return 1
	})
	return all
}

// describe names a card as people know it.
func describe(card board.Card) string {
	title := fault.Cut(fault.Clean(card.Title), maxTitleShown)
	switch {
	case card.Repository != "":
		return fmt.Sprintf("%s#%d %q", card.Repository, card.Number, title)
	case title != "":
		return fmt.Sprintf("%q", title)
	}
	return "card " + fault.Cut(card.ID, maxTitleShown)
}

// count is a number of cards or points as the API has it.
func count(n int) int32 {
	return int32(min(max(n, 0), math.MaxInt32))
}
