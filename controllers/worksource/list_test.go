// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

func TestDrifted(t *testing.T) {
	schema := board.Schema{ReadyOptionID: readyOption}
	cases := []struct {
		why   string
		cards []board.Card
		want  bool
	}{
		{"a ready card under the name of its status fits", []board.Card{readyCard("a")}, false},
		{"the ready option has another name now", []board.Card{readyCard("a", func(c *board.Card) { c.Status = "Go" })}, true},
		{"an idle board may be one whose status was renamed", []board.Card{readyCard("a", func(c *board.Card) { c.StatusOptionID = "" })}, true},
		{"so may an empty one", nil, true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := drifted(newView(schema, board.Listing{Cards: c.cards}), "Ready"); got != c.want {
				t.Errorf("drifted is %t, want %t", got, c.want)
			}
		})
	}
}

func TestHalfABoardDecidesNothing(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source(func(s *v1alpha1.WorkSource) { s.Spec.GitHub.Query = "has:status" }) // two pages
	away := w.card("Moved away", "Ready", "feature/away")
	w.poll()
	w.move(away, "Backlog")
	for range 150 {
		w.card("Filler", "Backlog", "")
	}
	w.card("New", "Ready", "feature/new")

	// A page is asked for again, and in halves, before the poll fails.
	var fixes []func()
	for nth := 2; nth < 8; nth++ {
		fixes = append(fixes, w.breaks("query ListCards", nth, faults.Fault{Status: http.StatusBadGateway}))
	}
	s := w.poll()
	if got := condition(s, v1alpha1.ConditionBoardReachable); !strings.HasPrefix(got, "False") {
		t.Errorf("after a poll that failed on its second page the board is %s", got)
	}
	item := w.item(away)
	if len(w.items()) != 1 || item.Annotations[v1alpha1.WithdrawalSuspectedAnnotation] != "" {
		t.Errorf("half a board made an item or a suspicion: %d items, %v", len(w.items()), item.Annotations)
	}
	for _, fix := range fixes {
		fix()
	}
	if s = w.poll(); condition(s, v1alpha1.ConditionReady) != "True Polled" || len(w.items()) != 2 {
		t.Errorf("after the trouble was over the source is %s with %d items", condition(s, v1alpha1.ConditionReady), len(w.items()))
	}
}

func TestReadyQuery(t *testing.T) {
	for why, tc := range map[string]struct{ field, ready, want string }{
		"the field that every board has":         {"Status", "For Implementation", `status:"For Implementation"`},
		"how another field is called is unknown": {"Stage of work", "Ready", ""},
		"a quote would end the value":            {"Status", `6" pipe`, ""},
		"a comma would make two values":          {"Status", "Ready, steady", ""},
	} {
		s := &v1alpha1.WorkSource{Spec: v1alpha1.WorkSourceSpec{GitHub: v1alpha1.GitHubSource{StatusField: tc.field, ReadyStatus: tc.ready}}}
		if got := readyQuery(s); got != tc.want {
			t.Errorf("%s: %q", why, got)
		}
	}
}

// oldServer is an Enterprise Server that knows no filter.
type oldServer struct {
	board.Lister
	asked []string
}

func (o *oldServer) List(_ context.Context, _ board.Ref, _ board.Schema, query string) (board.Listing, error) {
	o.asked = append(o.asked, query)
	if query != "" {
		return board.Listing{}, fault.NewTerminal(fault.CodeInvalidRequest, errors.New("items has no argument query"))
	}
	return board.Listing{Cards: []board.Card{readyCard("a")}}, nil
}

func TestListWithoutFilters(t *testing.T) {
	source := &v1alpha1.WorkSource{Spec: v1alpha1.WorkSourceSpec{GitHub: v1alpha1.GitHubSource{StatusField: "Status", ReadyStatus: "Ready"}}}
	server := &oldServer{}
	seen, err := list(t.Context(), server, source, board.Schema{ReadyOptionID: readyOption})
	if err != nil || len(seen.ready) != 1 || len(server.asked) != 2 {
		t.Errorf("%d cards, asked %q, %v", len(seen.ready), server.asked, err)
	}
	source.Spec.GitHub.Query = "label:backend"
	if _, err := list(t.Context(), server, source, board.Schema{}); err == nil {
		t.Error("a filter that a person wants is not left out in silence")
	}
}
