// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestTwoSourcesThatRaceMakeOneOwner(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	first := w.source()
	second := w.source(func(s *v1alpha1.WorkSource) { s.Name = "second" })
	card := readyCard("PVTI_race")
	for _, s := range []*v1alpha1.WorkSource{first, second} {
		// Neither has seen the other's item: that is the race.
		refused, err := (apply{w.client, w.r.metrics, pollTrace{}, w.clock, w.clock.Now()}).applyCard(t.Context(), s, chosenCard{
			card: card, name: ItemName(card.ID), branch: "b", specPath: "p",
		})
		must(t, err)
		if (s == first) != (refused == nil) || (s == second && refused.reason != v1alpha1.ReasonOwnedByAnother) {
			t.Errorf("source %s was refused: %+v", s.Name, refused)
		}
	}
	if got := w.item(card.ID); got.Spec.SourceRef.Name != "board" || metav1.GetControllerOf(got).UID != first.UID {
		t.Errorf("the item is %s's", got.Spec.SourceRef.Name)
	}
}

func TestItemThatIsRefusedStopsNoOther(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source(func(s *v1alpha1.WorkSource) { s.Spec.SpecPath = strings.Repeat("a/", 200) + "<branch>" })
	w.card("Too long", "Ready", strings.Repeat("b", 200))
	good := w.card("Good", "Ready", "feature/good")
	s := w.poll()
	w.item(good)
	if got := skipped(s); got != "ItemRefused 1" || s.Status.Cards.Eligible != 1 || len(w.items()) != 1 {
		t.Errorf("skipped %s, cards %+v, %d items", got, s.Status.Cards, len(w.items()))
	}
}

func TestItemThatIsBeingDeletedIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	card := w.card("Add dark mode", "Ready", "feature/dark")
	w.poll()
	item := w.item(card)
	item.Finalizers = []string{v1alpha1.Finalizer}
	must(t, w.client.Update(t.Context(), item))
	must(t, w.client.Delete(t.Context(), item))
	must(t, w.github.SetTextField(card, "Branch", "feature/darker"))
	w.poll()
	if got := w.item(card); got.UID != item.UID || got.Spec.Branch != "feature/dark" {
		t.Errorf("an item that is being deleted was changed: %+v", got.Spec)
	}
	gone := w.item(card)
	gone.Finalizers = nil
	must(t, w.client.Update(t.Context(), gone))
	w.poll()
	if got := w.item(card); got.UID == item.UID || got.Spec.Branch != "feature/darker" {
		t.Errorf("the card, still triggered, has the item %s on %s", got.UID, got.Spec.Branch)
	}
}

// A board that is polled for the first time has its items made several at a time; what is said of its cards is in their order.
func TestItemsAreMadeSideBySide(t *testing.T) {
	w := newWorld(t)
	most := 0
	w.r.all = func(calls []func()) {
		most = max(most, len(calls))
		var running sync.WaitGroup
		for _, call := range calls {
			running.Go(call)
		}
		running.Wait()
	}
	w.environment(true)
	w.source(func(s *v1alpha1.WorkSource) { s.Spec.SpecPath = strings.Repeat("a/", 200) + "<branch>" })
	const good = 2*cardsAtOnce + 1
	for n := range good {
		w.card("Good", "Ready", fmt.Sprintf("feature/%d", n))
		w.card("Too long", "Ready", fmt.Sprintf("%d%s", n, strings.Repeat("b", 200)))
	}
	s := w.poll()
	if most != cardsAtOnce || len(w.items()) != good || s.Status.Cards.Eligible != good {
		t.Errorf("%d at once, %d items, cards %+v; want %d at once and %d items", most, len(w.items()), s.Status.Cards, cardsAtOnce, good)
	}
	if got := skipped(s); got != fmt.Sprintf("ItemRefused %d", good) {
		t.Errorf("skipped %s", got)
	}
}
