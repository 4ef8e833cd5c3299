// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

func writesBack(s *v1alpha1.WorkSource) {
	s.Spec.WriteBack = &v1alpha1.WriteBack{Started: "In Progress", Failed: "Failed"}
}

func TestSight(t *testing.T) {
	in := func(status string) func(*board.Card) {
		return func(c *board.Card) { c.Status, c.StatusOptionID = status, "option-"+status }
	}
	cases := []struct {
		why   string
		card  board.Card
		found bool
		want  sighting
	}{
		{"a ready card is in place", readyCard("a"), true, inPlace},
		{"write-back itself moved it to the started status", readyCard("a", in("In Progress")), true, inPlace},
		{"and to the failed one", readyCard("a", in("Failed")), true, inPlace},
		{"a person moved it to a status of their own", readyCard("a", in("Backlog")), true, away},
		{"a person took its status off", readyCard("a", in("")), true, away},
		{"a status that write-back leaves empty is no status of write-back's", readyCard("a", in("Done")), true, away},
		{"a card that is not found may be hidden", board.Card{}, false, unknown},
		{"a redacted card may be anywhere", readyCard("a", in("Backlog"), func(c *board.Card) { c.Type = board.TypeRedacted }), true, unknown},
		{"an archived card was put away, not moved", readyCard("a", in("Backlog"), func(c *board.Card) { c.Archived = true }), true, unknown},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := sight(polled(writesBack), board.Schema{ReadyOptionID: readyOption}, c.card, c.found); got != c.want {
				t.Errorf("sighting %d, want %d", got, c.want)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	suspectedAt := func(d time.Duration) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawalSuspectedAnnotation: epoch.Add(d).Format(time.RFC3339)}
		}
	}
	over := func(i *v1alpha1.WorkItem) {
		i.Status.Attempt = &v1alpha1.Attempt{Number: 1, Outcome: v1alpha1.ReasonBuildFault}
	}
	lets := polled(func(s *v1alpha1.WorkSource) { s.Spec.OnWithdrawn = v1alpha1.WithdrawalFinish })
	cases := []struct {
		why    string
		source *v1alpha1.WorkSource
		item   *v1alpha1.WorkItem
		seen   sighting
		want   verdict
	}{
		{"seen away once is a suspicion: a drag across the board passes other columns", polled(), itemFor("a"), away, suspect},
		{"seen away by the next poll too is a withdrawal", polled(), itemFor("a", suspectedAt(-5*time.Minute)), away, confirm},
		{"the poll that was recorded last is the one that suspected", polled(), itemFor("a", suspectedAt(0)), away, confirm},
		{"a poll repeated because its record was lost is still the first", polled(), itemFor("a", suspectedAt(time.Minute)), away, leave},
		{"a source without a complete poll confirms nothing", polled(func(s *v1alpha1.WorkSource) { s.Status.LastPollTime = nil }), itemFor("a", suspectedAt(-time.Hour)), away, leave},
		{"back in place, the suspicion is dropped", polled(), itemFor("a", suspectedAt(-time.Hour)), inPlace, acquit},
		{"in place all the time there is nothing to note", polled(), itemFor("a"), inPlace, leave},
		{"unknown is never a withdrawal, however long suspected", polled(), itemFor("a", suspectedAt(-time.Hour)), unknown, leave},
		{"Finish lets a running build go on", lets, itemFor("a", begun, suspectedAt(-time.Hour)), away, leave},
		{"Finish begins nothing new", lets, itemFor("a", suspectedAt(-time.Hour)), away, confirm},
		{"nor a further attempt", lets, itemFor("a", over, suspectedAt(-time.Hour)), away, confirm},
		{"what is no time is no suspicion", polled(), itemFor("a", func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawalSuspectedAnnotation: "yes"}
		}), away, suspect},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := judge(c.source, c.item, c.seen); got != c.want {
				t.Errorf("verdict %d, want %d", got, c.want)
			}
		})
	}
}

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
