// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// retainAgain is how soon a suspended source looks again at items that it could not delete.
const retainAgain = time.Hour

// retainSuspended deletes the finished items of a suspended source whose time is over. The board is not listed, but whether a card is
// still in the ready status is read directly: such an item would be made again, without its history, once polls go on.
func (r *Reconciler) retainSuspended(ctx context.Context, source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment, now time.Time) (reconcile.Result, error) {
	items, err := readItems(ctx, r.client, source.Namespace)
	if err != nil {
		return reconcile.Result{}, err
	}
	keep := &environment.Spec.Retention
	next, finished := nextExpiry(now, source, items, keep)
	if !finished || next > 0 {
		return reconcile.WaitFor(next), nil
	}
	err = r.retainUnlisted(ctx, source, environment, items)
	var unread *boardError
	if errors.As(err, &unread) {
		logging.Warn(log.FromContext(ctx), "Could not read the cards of a suspended source's finished items", logging.KeyError, fault.Message(err))
		err = nil
	}
	return reconcile.WaitFor(retainAgain), err
}

// retainUnlisted reads the cards of finished items one by one.
func (r *Reconciler) retainUnlisted(ctx context.Context, source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment, items existingItems) error {
	b, err := r.boards.Board(ctx, source, environment)
	if err != nil {
		return &boardError{fmt.Errorf("reaching the board: %w", err)}
	}
	schema, err := b.Resolve(ctx, boardRef(source))
	if err != nil {
		return &boardError{err}
	}
	seen := newView(schema, board.Listing{Filtered: true})
	return retention{r.client, r.clock}.run(ctx, b, source, &environment.Spec.Retention, seen, items)
}

// nextExpiry is how long the first of the finished items is kept yet; finished says whether there is one.
func nextExpiry(now time.Time, source *v1alpha1.WorkSource, items existingItems, keep *v1alpha1.Retention) (next time.Duration, finished bool) {
	for _, item := range items.of(source, (*v1alpha1.WorkItem).Done) {
		left := keep.Keep(item.IsTrue(v1alpha1.ConditionSucceeded)) - now.Sub(finishedAt(item))
		if !finished || left < next {
			next, finished = max(left, 0), true
		}
	}
	return next, finished
}
