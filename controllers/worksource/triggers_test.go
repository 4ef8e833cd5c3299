// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"strings"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// TestTriggerLimit: a rule of the board that sets a card back each time its work ended is followed a few times a day.
func TestTriggerLimit(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source(func(s *v1alpha1.WorkSource) { s.Spec.TriggersPerDay = ptr.To[int32](3) })
	card := w.card("Again and again", "Ready", "feature/again")
	w.poll()
	last := w.item(card).Spec.TriggeredAt
	again := func() bool {
		w.attempt(card, v1alpha1.ReasonTestsFailed)
		w.move(card, "Failed")
		w.clock.SetTime(w.clock.Now().Add(time.Minute))
		w.move(card, "Ready")
		w.poll()
		now := w.item(card).Spec.TriggeredAt
		defer func() { last = now }()
		return now.After(last.Time)
	}
	for n := 2; n <= 3; n++ {
		if !again() {
			t.Fatalf("trigger %d of 3 is not followed", n)
		}
	}
	for range 2 {
		if again() {
			t.Fatal("a trigger beyond the day's number is followed")
		}
	}
	source := w.get()
	if len(source.Status.Skipped) != 1 || source.Status.Skipped[0].Reason != v1alpha1.ReasonTriggerLimit ||
		!strings.Contains(source.Status.Skipped[0].Examples[0], "3 times within 24 hours") {
		t.Errorf("the source says %+v", source.Status.Skipped)
	}
	// A person's retry is not the board's, and counts for nothing.
	item := w.item(card)
	later := item.Spec.TriggeredAt.Add(2 * time.Hour)
	item.Spec.TriggeredAt.Time = later
	must(t, w.client.Update(t.Context(), item))
	w.poll()
	if got := w.item(card); !got.Spec.TriggeredAt.Time.Equal(later) || len(triggersOf(got, w.clock.Now())) != 3 {
		t.Errorf("after a retry by hand: triggered at %s, %d triggers", got.Spec.TriggeredAt, len(triggersOf(got, w.clock.Now())))
	}
	w.clock.SetTime(w.clock.Now().Add(triggerWindow))
	if !again() {
		t.Error("a day later the card is worked on again")
	}
}

func TestTriggersOf(t *testing.T) {
	now := epoch
	item := &v1alpha1.WorkItem{}
	item.Annotations = map[string]string{v1alpha1.TriggersAnnotation: strings.Join([]string{
		now.Add(-25 * time.Hour).Format(time.RFC3339), now.Add(-time.Hour).Format(time.RFC3339), "nonsense", "",
	}, ",")}
	if got := triggersOf(item, now); len(got) != 1 || !got[0].Equal(now.Add(-time.Hour)) {
		t.Errorf("got %v", got)
	}
}
