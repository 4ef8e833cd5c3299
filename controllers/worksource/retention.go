// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"
	"time"

	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// retention deletes finished items whose time is over and whose card is not eligible any more. An item whose card is
// still in the ready status stays: it would be made again at once, and its history would be lost for nothing.
type retention struct {
	client client.Client
	clock  clock.PassiveClock
}

func (s retention) run(
	ctx context.Context, b board.Lister, source *v1alpha1.WorkSource, keep *v1alpha1.Retention, seen view, items existingItems,
) error {
	now, listed := s.clock.Now(), readyItems(seen)
	expired := items.of(source, func(item *v1alpha1.WorkItem) bool {
		return !listed[item.Name] && isExpired(now, item, keep)
	})
	if len(expired) == 0 {
		return nil
	}
	ready, err := readStillReady(ctx, b, source, seen, expired)
	if err != nil {
		return err
	}
	for _, item := range expired {
		if ready[item.Spec.Card.ID] {
			continue
		}
		err := s.client.Delete(ctx, item, client.Preconditions{UID: ptr.To(item.UID), ResourceVersion: ptr.To(item.ResourceVersion)})
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting finished work item %s: %w", item.Name, err)
		}
		log.FromContext(ctx).V(1).Info("Deleted a finished work item whose retention is over", logging.KeyWorkItem, client.ObjectKeyFromObject(item).String())
	}
	return nil
}

// isExpired reports whether an item is finished and was kept for as long as it has to be.
func isExpired(now time.Time, item *v1alpha1.WorkItem, keep *v1alpha1.Retention) bool {
	return item.Done() && now.Sub(finishedAt(item)) >= keep.Keep(item.IsTrue(v1alpha1.ConditionSucceeded))
}

// finishedAt is when an item finished. A status that was written by hand or restored from a backup may lack the time; then
// the outcome's own time counts.
func finishedAt(item *v1alpha1.WorkItem) time.Time {
	if item.Status.CompletionTime != nil {
		return item.Status.CompletionTime.Time
	}
	return item.Condition(v1alpha1.ConditionSucceeded).LastTransitionTime.Time
}

// readStillReady are the ids of the cards that are in the ready status although the listing lacks them. Where the service
// filtered the listing, its index may be behind.
func readStillReady(
	ctx context.Context, b board.Lister, source *v1alpha1.WorkSource, seen view, items []*v1alpha1.WorkItem,
) (map[string]bool, error) {
	if !seen.listing.Filtered {
		return nil, nil
	}
	cards, err := b.Cards(ctx, boardRef(source), cardIDs(items))
	if err != nil {
		return nil, &boardError{fmt.Errorf("reading the cards of finished items: %w", err)}
	}
	ready := map[string]bool{}
	for id, c := range cards {
		ready[id] = isReady(c, seen.schema)
	}
	return ready, nil
}
