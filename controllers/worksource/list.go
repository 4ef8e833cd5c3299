// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
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
	listing, err := b.List(ctx, boardRef(source), schema, source.Spec.GitHub.Query)
	if err != nil {
		return view{}, &boardError{err} // it says which board was listed
	}
	return newView(schema, listing), nil
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
