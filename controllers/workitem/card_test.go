// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulatorgithub "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

const ready = "For Implementation"

// source makes a board, and the source that names it.
func (w *world) source() (boardID string) {
	w.t.Helper()
	number, id := w.github.CreateProject(emulatorgithub.Project{Owner: "acme", StatusOptions: []string{ready, "Done"}})
	source := &v1alpha1.WorkSource{}
	source.Namespace, source.Name = w.namespace, "board"
	source.Spec = v1alpha1.WorkSourceSpec{
		EnvironmentRef: v1alpha1.LocalObjectReference{Name: "env"},
		GitHub: v1alpha1.GitHubSource{
			Owner: "acme", ProjectNumber: int32(number), Credentials: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: "github"}},
		},
	}
	w.must(w.client.Create(w.t.Context(), source))
	return id
}

// card puts a card that is ready on a board.
func (w *world) card(boardID, repository string) emulatorgithub.Card {
	w.t.Helper()
	card, err := w.github.PutCard(emulatorgithub.NewCard{Project: boardID, Repository: repository, Title: "Do it", Issue: true, Status: ready})
	w.must(err)
	return card
}

// of makes an item say that it is of a card, triggered when that became ready.
func of(card emulatorgithub.Card) func(*v1alpha1.WorkItem) {
	return func(i *v1alpha1.WorkItem) {
		at := metav1.NewTime(card.StatusUpdatedAt.Truncate(time.Second))
		i.Spec.SourceRef, i.Spec.TriggeredAt = &v1alpha1.LocalObjectReference{Name: "board"}, &at
		i.Spec.Card = &v1alpha1.Card{Provider: contract.ProviderGitHub, ID: card.ID}
	}
}

// Whoever may write items names a card that is another's: its record must not be written, or its next trigger would be
// "already processed".
func TestForgedCardsKeepTheirOwnRecord(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		change func(*world, *v1alpha1.WorkItem)
		card   bool
	}{
		"its own": {"the board confirms it", func(*world, *v1alpha1.WorkItem) {}, true},
		"moved since": {"a record of an older trigger hides nothing", func(w *world, i *v1alpha1.WorkItem) {
			w.clock.Step(time.Minute)
			w.must(w.github.MoveCard(i.Spec.Card.ID, "Done"))
		}, true},
		"no source": {"nobody can confirm it", func(_ *world, i *v1alpha1.WorkItem) { i.Spec.SourceRef = nil }, false},
		"later than the card": {"it would hide the card's next trigger", func(_ *world, i *v1alpha1.WorkItem) {
			i.Spec.TriggeredAt.Time = i.Spec.TriggeredAt.Add(4 * time.Minute)
		}, false},
		"unknown card": {"it is on no board", func(_ *world, i *v1alpha1.WorkItem) { i.Spec.Card.ID = "PVTI_nothing" }, false},
		"another board's": {"the source's credentials may see more boards than its own", func(w *world, i *v1alpha1.WorkItem) {
			_, other := w.github.CreateProject(emulatorgithub.Project{Owner: "acme", StatusOptions: []string{ready}})
			i.Spec.Card.ID = w.card(other, repository).ID
		}, false},
		"another repository's": {"the card is of other work", func(w *world, i *v1alpha1.WorkItem) {
			w.must(w.github.CreateRepository("acme/other", "main", emulatorgithub.Text(map[string]string{"a": "b"})))
			i.Spec.Card.ID = w.card(w.boardID, "acme/other").ID
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.branch("feature/x")
			w.boardID = w.source()
			card := w.card(w.boardID, repository)
			item := w.item("one", "feature/x", of(card), func(i *v1alpha1.WorkItem) { c.change(w, i) })
			done := w.until("one", "concluded", concluded)
			if done.Status.Phase != v1alpha1.PhaseSucceeded {
				t.Fatalf("%s: %s", c.why, describe(done))
			}
			want := contract.ObjectCardKey(string(item.UID))
			if c.card {
				want = contract.CardKey(contract.ProviderGitHub, card.ID)
			}
			for key := range w.rows() {
				if key[:5] == "card#" && key != want {
					t.Errorf("%s: %s was recorded, want %s", c.why, key, want)
				}
			}
			if record, err := w.table.Card(t.Context(), want); err != nil || !record.Exists {
				t.Errorf("%s: nothing is recorded under %s (%v)", c.why, want, err)
			}
		})
	}
}

// Without an answer of the board nothing is known, so nothing begins: under a row of its own, another cluster's copy of
// the item would do the same work again.
func TestABoardThatDoesNotAnswerHoldsTheItem(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	card := w.card(w.source(), repository)
	w.item("one", "feature/x", of(card))
	remove := w.faults.Add(faults.Rule{Service: emulatorgithub.Service, Operation: "query ReadCards", Fault: faults.Fault{Status: 502}})
	_, _ = w.reconcile("one")
	if len(w.rows()) != 0 {
		t.Errorf("%d rows were written", len(w.rows()))
	}
	remove()
	if item := w.until("one", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded || item.Status.Attempt.Parameters.CardKey != contract.CardKey("github", card.ID) {
		t.Errorf("%s", describe(item))
	}
}
