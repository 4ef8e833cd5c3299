// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"

	"github.com/kiro-worker/kiro-worker/internal/board"
)

// list reads the whole board, or nothing of it.
type list struct{}

func (s list) run(ctx context.Context, p *poll) (next, error) {
	if next := s.read(ctx, p); next != goOn {
		return next, nil
	}
	if !p.remembered || !drifted(p.listing, p.schema, p.source.Spec.GitHub.ReadyStatus) {
		return goOn, nil
	}
	old := p.schema.ReadyOptionID
	if next := lookUp(ctx, p); next != goOn {
		return next, nil
	}
	if p.schema.ReadyOptionID == old {
		return goOn, nil
	}
	return s.read(ctx, p), nil // the status has another id now, and the listing may have been filtered by the old one
}

func (list) read(ctx context.Context, p *poll) next {
	listing, err := p.board.List(ctx, p.ref(), p.schema, p.source.Spec.GitHub.Query)
	if err != nil {
		p.failure = err // it says which board was listed
		return stop
	}
	p.listing = listing
	return goOn
}

// drifted reports whether the listing gives reason to doubt the ids of an earlier poll: the ready status has
// another name now, or no card is in it. A renamed status looks like an idle board, and is not one.
func drifted(listing board.Listing, schema board.Schema, readyStatus string) bool {
	idle := true
	for _, c := range listing.Cards {
		if c.StatusOptionID != schema.ReadyOptionID {
			continue
		}
		if c.Status != readyStatus {
			return true
		}
		idle = false
	}
	return idle
}
