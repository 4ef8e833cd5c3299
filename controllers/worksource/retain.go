// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"

	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// retain deletes finished items whose time is over and whose card is not eligible any more. An item whose card is
// still in the ready status stays: it would be made again at once, and its history would be lost for nothing.
type retain struct {
	client client.Client
	clock  clock.PassiveClock
}

func (s retain) run(ctx context.Context, p *poll) (next, error) {
	now := s.clock.Now()
	expired := itemsOf(p, func(item *v1alpha1.WorkItem) bool {
		return !p.ready[item.Name] && item.Done() && now.Sub(item.Status.CompletionTime.Time) >= p.environment.Spec.Retention.Keep(item.IsTrue(v1alpha1.ConditionSucceeded))
	})
	if len(expired) == 0 {
		return goOn, nil
	}
	ready, err := s.stillReady(ctx, p, expired)
	if err != nil {
		p.failure = fmt.Errorf("reading the cards of finished items: %w", err)
		return stop, nil
	}
	for _, item := range expired {
		if ready[item.Spec.Card.ID] {
			continue
		}
		err := s.client.Delete(ctx, item, client.Preconditions{UID: ptr.To(item.UID), ResourceVersion: ptr.To(item.ResourceVersion)})
		if client.IgnoreNotFound(err) != nil {
			return stop, fmt.Errorf("deleting finished work item %s: %w", item.Name, err)
		}
		log.FromContext(ctx).V(1).Info("Deleted a finished work item whose retention is over", keyWorkItem, item.Name)
	}
	return goOn, nil
}

// stillReady are the cards that are in the ready status although the listing lacks them. Where the service
// filtered the listing, its index may lag behind.
func (retain) stillReady(ctx context.Context, p *poll, items []*v1alpha1.WorkItem) (map[string]bool, error) {
	if !p.listing.Filtered {
		return nil, nil
	}
	cards, err := p.board.Cards(ctx, p.ref(), cardIDs(items))
	if err != nil {
		return nil, err
	}
	ready := map[string]bool{}
	for id, c := range cards {
		ready[id] = c.StatusOptionID == p.schema.ReadyOptionID && !c.Archived
	}
	return ready, nil
}
