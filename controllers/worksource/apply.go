// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// apply makes an item of every chosen card, and brings those that exist up to date. An item that is as it should
// be costs no write.
type apply struct {
	client  client.Client
	metrics *Metrics
}

func (s apply) run(ctx context.Context, p *poll) (next, error) {
	kept := p.chosen[:0]
	for _, c := range p.chosen {
		refused, err := s.bringUp(ctx, p, c)
		switch {
		case err != nil:
			return stop, fmt.Errorf("applying work item %s: %w", c.name, err)
		case refused != nil:
			p.skipped.add(refused.reason, c.card, refused.advice)
		default:
			kept = append(kept, c)
		}
	}
	p.chosen = kept
	return goOn, nil
}

// bringUp applies one item if it is not as it should be.
func (s apply) bringUp(ctx context.Context, p *poll, c chosenCard) (*refusal, error) {
	if c.item != nil && !c.item.DeletionTimestamp.IsZero() {
		return nil, nil // once it is gone, the next poll makes it anew
	}
	wanted := desired(p.source, c)
	if c.item != nil && upToDate(c.item, wanted) {
		return nil, nil
	}
	err := applyItem(ctx, s.client, p.source, wanted)
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
	s.metrics.written()
	tell(ctx, c, wanted)
	return nil, nil
}

// tell logs what was applied.
func tell(ctx context.Context, c chosenCard, wanted *v1alpha1.WorkItem) {
	logger := log.FromContext(ctx).WithValues(keyWorkItem, c.name, keyCard, describe(c.card), keyBranch, wanted.Spec.Branch)
	switch {
	case c.item == nil:
		logger.Info("Made a work item")
	case !c.item.Spec.TriggeredAt.Equal(wanted.Spec.TriggeredAt):
		logger.Info("Triggered a work item again")
	default:
		logger.V(1).Info("Brought a work item up to date")
	}
}
