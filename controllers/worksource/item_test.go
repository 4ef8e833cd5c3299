// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

func TestTrigger(t *testing.T) {
	withdrawnAt := func(d time.Duration) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: epoch.Add(d).Format(time.RFC3339)}
		}
	}
	cases := []struct {
		why  string
		card time.Duration
		item *v1alpha1.WorkItem
		want time.Duration
	}{
		{"a new card is triggered when its status became ready", time.Minute, nil, time.Minute},
		{"what the board says to the nanosecond is kept to the second, or it would never equal what was stored", time.Minute + 7, nil, time.Minute},
		{"a card that was moved away and back is triggered again", time.Minute, itemFor("a"), time.Minute},
		{"a trigger by hand that is later stays", -time.Minute, itemFor("a"), 0},
		{"the same trigger stays the same", 0, itemFor("a"), 0},
		{"a withdrawn card that is ready again is triggered, although a retry by hand had set a later time", -time.Minute, itemFor("a", withdrawnAt(0)), time.Second},
		{"a withdrawal of an earlier trigger does not count", -time.Minute, itemFor("a", withdrawnAt(-time.Hour)), 0},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			card := readyCard("a", func(b *board.Card) { b.StatusUpdatedAt = epoch.Add(c.card) })
			if got := trigger(chosenCard{card: card, item: c.item}).Sub(epoch); got != c.want {
				t.Errorf("triggered at %s, want %s", got, c.want)
			}
		})
	}
}

func TestPollFollowsTheCard(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	card := w.card("Add dark mode", "Ready", "feature/dark")
	w.poll()

	// What belongs to people stays theirs.
	item := w.item(card)
	item.Spec.Priority = 7
	must(t, w.client.Update(t.Context(), item))

	w.clock.SetTime(epoch.Add(time.Minute))
	must(t, w.github.SetTextField(card, "Branch", "feature/darker"))
	w.move(card, "Backlog")
	w.move(card, "Ready")
	w.poll()
	item = w.item(card)
	if item.Spec.Branch != "feature/darker" || item.Spec.SpecPath != ".kiro/specs/feature/darker" || item.Spec.Priority != 7 {
		t.Errorf("the item is %+v", item.Spec)
	}
	if !item.Spec.TriggeredAt.Equal(at(time.Minute)) {
		t.Errorf("moved away and back between two polls, the card is triggered at %s, want %s", item.Spec.TriggeredAt, at(time.Minute))
	}

	// Once an attempt exists, what is worked on stays; the trigger does not.
	w.attempt(card, "")
	must(t, w.github.SetTextField(card, "Branch", "feature/other"))
	w.move(card, "Backlog")
	w.move(card, "Ready")
	triggered := w.clock.Now()
	s := w.poll()
	item = w.item(card)
	if item.Spec.Branch != "feature/darker" || !item.Spec.TriggeredAt.Time.Equal(triggered) {
		t.Errorf("after work began the item is on %s, triggered at %s", item.Spec.Branch, item.Spec.TriggeredAt)
	}
	if got := skipped(s); got != "ItemRefused 1" || !strings.Contains(s.Status.Skipped[0].Examples[0], "Delete WorkItem") {
		t.Errorf("skipped is %s: %+v", got, s.Status.Skipped)
	}
	if got := condition(s, v1alpha1.ConditionReady); got != "True Polled" {
		t.Errorf("one odd card made the source %s", got)
	}
}
