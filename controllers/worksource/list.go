// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// readBoard reads the whole board, or nothing of it. Where the listing does not fit the ids of an earlier poll, they are
// looked up again before anything is decided.
func readBoard(ctx context.Context, b board.Board, source *v1alpha1.WorkSource, now time.Time) (view, error) {
	schema, known := remembered(source)
	if !known {
		var err error
		if schema, err = lookUp(ctx, b, source, now); err != nil {
			return view{}, err
		}
	}
	seen, err := list(ctx, b, source, schema)
	if err != nil || !known || !drifted(seen, source.Spec.GitHub.ReadyStatus) {
		return seen, err
	}
	current, err := lookUp(ctx, b, source, now)
	if err != nil {
		return view{}, err
	}
	if current.ReadyOptionID == schema.ReadyOptionID {
		return newView(current, seen.listing), nil
	}
	return list(ctx, b, source, current) // the first listing may have been filtered by the old id
}

func list(ctx context.Context, b board.Lister, source *v1alpha1.WorkSource, schema board.Schema) (view, error) {
	query, byDefault := source.Spec.GitHub.Query, false
	if query == "" {
		query, byDefault = readyQuery(source), true
	}
	listing, err := b.List(ctx, boardRef(source), schema, query)
	if byDefault && query != "" && fault.CodeOf(err) == fault.CodeInvalidRequest {
		// An Enterprise Server from before boards could be filtered: the whole board is read.
		listing, err = b.List(ctx, boardRef(source), schema, "")
	}
	if err != nil {
		return view{}, &boardError{err} // it says which board was listed
	}
	return newView(schema, listing), nil
}

// defaultStatusField is the field that every board has, and whose filter is called like it.
const defaultStatusField = "Status"

// readyQuery has GitHub leave out all cards but those in the ready status, of which a board of 50,000 has few. It is empty where that
// cannot be said in a filter: how fields of other names are written there is not documented.
func readyQuery(source *v1alpha1.WorkSource) string {
	g := source.Spec.GitHub
	if g.StatusField != defaultStatusField || strings.ContainsAny(g.ReadyStatus, "\",\\") {
		return ""
	}
	return `status:"` + g.ReadyStatus + `"`
}

func newView(schema board.Schema, listing board.Listing) view {
	return view{schema: schema, listing: listing, ready: readyCards(listing, schema)}
}

// drifted reports whether the listing gives reason to doubt the ids of an earlier poll: the ready status has another name
// now, or no card is in it. A board whose ready status was renamed looks like an idle board.
func drifted(seen view, readyStatus string) bool {
	idle := true
	for _, c := range seen.listing.Cards {
		if c.StatusOptionID != seen.schema.ReadyOptionID {
			continue
		}
		if c.Status != readyStatus {
			return true
		}
		idle = false
	}
	return idle
}
