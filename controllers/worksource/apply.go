// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// keyCard is the log key of a card, as people know it.
const keyCard = "card"

// apply makes an item of every chosen card, and brings those that exist up to date. An item that is as it should
// be costs no write.
type apply struct {
	client  client.Client
	metrics *Metrics
	told    pollTrace
	clock   clock.PassiveClock
	now     time.Time
}

// cardsAtOnce is how many items are applied side by side. A board that is polled for the first time has thousands, and the API
// server takes several as soon as one.
const cardsAtOnce = 8

// run returns how many of the cards have an item now, and why the others have none. all makes calls that do not depend on
// each other.
func (s apply) run(ctx context.Context, source *v1alpha1.WorkSource, chosen []chosenCard, all func(calls []func())) (applied int, skipped []skippedCard, err error) {
	for some := range slices.Chunk(chosen, cardsAtOnce) {
		refused, errs := make([]*refusal, len(some)), make([]error, len(some))
		calls := make([]func(), len(some))
		for i, c := range some {
			calls[i] = func() { refused[i], errs[i] = s.applyCard(ctx, source, c) }
		}
		all(calls)
		for i, c := range some {
			switch {
			case errs[i] != nil:
				return 0, nil, fmt.Errorf("applying work item %s: %w", c.name, errs[i])
			case refused[i] != nil:
				skipped = append(skipped, skippedCard{c.card, *refused[i]})
			default:
				applied++
			}
		}
	}
	return applied, skipped, nil
}

// applyCard applies the item of one card if it is not as it should be.
func (s apply) applyCard(ctx context.Context, source *v1alpha1.WorkSource, c chosenCard) (*refusal, error) {
	if c.item != nil && !c.item.DeletionTimestamp.IsZero() {
		return nil, nil // once it is gone, the next poll makes it again
	}
	wanted := desired(source, c)
	if c.item != nil && upToDate(c.item, wanted) {
		return nil, nil
	}
	uid, err := applyItem(ctx, s.client, source, wanted)
	switch {
	case apierrors.IsConflict(err) && c.item == nil:
		return &refusal{v1alpha1.ReasonOwnedByAnother, fmt.Sprintf("WorkItem %s was made by another just now. Poll the card from one source.", c.name)}, nil
	case apierrors.IsConflict(err):
		return nil, nil // it was deleted and made again since it was read: the next poll sees what it is now
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsForbidden(err):
		return &refusal{v1alpha1.ReasonItemRefused, "the API server refused its work item: " + fault.Message(err)}, nil
	case err != nil:
		return nil, err
	}
	s.metrics.written(source)
	logApplied(ctx, c, wanted)
	if c.item == nil || !c.item.Spec.TriggeredAt.Equal(wanted.Spec.TriggeredAt) {
		s.told.triggered(uid, c.item, source, s.now, s.clock.Now())
	}
	return nil, nil
}

func logApplied(ctx context.Context, c chosenCard, wanted *v1alpha1.WorkItem) {
	logger := log.FromContext(ctx).WithValues(logging.KeyWorkItem, client.ObjectKeyFromObject(wanted).String(), keyCard, describe(c.card), logging.KeyBranch, wanted.Spec.Branch)
	switch {
	case c.item == nil:
		logger.Info("Made a work item")
	case !c.item.Spec.TriggeredAt.Equal(wanted.Spec.TriggeredAt):
		logger.Info("Triggered a work item again")
	default:
		logger.V(1).Info("Brought a work item up to date")
	}
}
