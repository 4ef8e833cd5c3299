// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
)

// view is the whole board, as one poll read it.
type view struct {
	schema  board.Schema // the ids that the names stand for
	listing board.Listing
	ready   []board.Card // the listed cards in the ready status, oldest first
}

// pollResult is what a complete poll came to.
type pollResult struct {
	seen     int // cards on the board
	eligible int // cards that have an item
	skipped  []skippedCard
}

// boardError is an error of the board, as against one of Kubernetes. The source's conditions say it, and the source's own
// schedule repeats the poll; an error of Kubernetes is left to the queue's backoff.
type boardError struct{ err error }

func (e *boardError) Error() string { return e.err.Error() }

func (e *boardError) Unwrap() error { return e.err }

// poll reads the board and acts on it. Nothing is decided before the whole board was read.
func (r *Reconciler) poll(ctx context.Context, source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment, told pollTrace, now time.Time) (pollResult, error) {
	b, err := r.boards.Board(ctx, source, environment)
	if err != nil {
		return pollResult{}, &boardError{fmt.Errorf("reaching the board: %w", err)}
	}
	result, err := r.pollBoard(ctx, b, source, environment, told, now)
	recordRateLimit(source, b.RateLimit())
	return result, err
}

// pollBoard is the order of a poll. What a stage needs of those before it, it is given.
func (r *Reconciler) pollBoard(
	ctx context.Context, b board.Board, source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment, told pollTrace, now time.Time,
) (pollResult, error) {
	seen, err := readBoard(ctx, b, source, now)
	if err != nil {
		return pollResult{}, err
	}
	items, err := readItems(ctx, r.client, source.Namespace)
	if err != nil {
		return pollResult{}, err
	}
	linked, err := readLinkedBranches(ctx, b, source, seen.ready, items)
	if err != nil {
		return pollResult{}, err
	}
	chosen, skipped := choose(source, seen.ready, items, linked)
	if err := readBlockers(ctx, b, source, seen, items, chosen); err != nil {
		return pollResult{}, err
	}
	applied, refused, err := apply{r.client, r.metrics, told, r.clock, now}.run(ctx, source, chosen, r.all)
	if err != nil {
		return pollResult{}, err
	}
	seen, err = withdraw{r.client}.run(ctx, b, source, seen, items, now)
	if err != nil {
		return pollResult{}, err
	}
	if err := (retention{r.client, r.clock}).run(ctx, b, source, &environment.Spec.Retention, seen, items); err != nil {
		return pollResult{}, err
	}
	return pollResult{seen: len(seen.listing.Cards), eligible: applied, skipped: append(skipped, refused...)}, nil
}

// boardRef names the source's board by the names that people use.
func boardRef(source *v1alpha1.WorkSource) board.Ref {
	g := source.Spec.GitHub
	ref := board.Ref{
		Owner: g.Owner, ProjectNumber: int(g.ProjectNumber), StatusField: g.StatusField, ReadyStatus: g.ReadyStatus,
	}
	if branchOrigin(source) == v1alpha1.BranchFromProjectField {
		ref.BranchField = source.Spec.Branch.Field
	}
	return ref
}

// conditionsOf is the source's set of conditions, at the time at which the poll began.
func conditionsOf(source *v1alpha1.WorkSource, now time.Time) conditions.Set {
	return conditions.Of(&source.Status.Conditions, source.Generation, now)
}
