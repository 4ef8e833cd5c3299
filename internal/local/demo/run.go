// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

const (
	// lookInterval is the time between two looks at the items.
	lookInterval = 400 * time.Millisecond
	// settleTimeout is how long the last traces (a column, a freed lock) may take after the last item ended.
	settleTimeout = 20 * time.Second

	standInTimeout = 5 * time.Minute
	kiroTimeout    = 2 * time.Hour
	// clusterTimeout leaves somebody the time to install a manager.
	clusterTimeout = time.Hour
)

// View is shown the state of the cards.
type View interface {
	Show(states []State)
}

// Run watches the cards to their ends, pushes the spec that came too late, and returns what became of all.
func (s *System) Run(ctx context.Context, view View) (*Report, error) {
	timeout := standInTimeout
	switch {
	case s.options.Agent == AgentKiro:
		timeout = kiroTimeout
	case s.options.Cluster != nil:
		timeout = clusterTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the cards were not done within %s", timeout))
	defer cancel()
	ctx, stop := s.manager.watch(ctx)
	defer stop()

	started := time.Now()
	waited, reviewed := map[string]bool{}, map[string]bool{}
	var finished time.Time
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	for {
		snapshot, err := s.look(ctx, waited)
		if err != nil {
			return s.broken(ctx, snapshot, started, err)
		}
		view.Show(snapshot.States)
		if err := s.pushLateSpecs(snapshot, waited); err != nil {
			return nil, err
		}
		if err := s.reviewWork(snapshot, reviewed); err != nil {
			return nil, err
		}
		if snapshot.Finished() {
			if finished.IsZero() {
				finished = time.Now()
			}
			wrong := snapshot.Problems()
			if len(wrong) == 0 || time.Since(finished) > settleTimeout {
				return s.report(snapshot, started, wrong), nil
			}
		}
		select {
		case <-ctx.Done():
			return s.broken(ctx, snapshot, started, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// broken reports a run that did not come to its end: what there is helps to find out why. Where a person ended it,
// there is nothing to report.
func (s *System) broken(ctx context.Context, snapshot Snapshot, started time.Time, err error) (*Report, error) {
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return nil, context.Canceled
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return s.report(snapshot, started, append([]string{err.Error()}, snapshot.Problems()...)), nil
}

// look takes a snapshot.
func (s *System) look(ctx context.Context, waited map[string]bool) (Snapshot, error) {
	snapshot := Snapshot{RealAgent: s.options.Agent == AgentKiro, LockRows: map[string]contract.RowStatus{}}
	var items v1alpha1.WorkItemList
	if err := s.Client.List(ctx, &items, client.InNamespace(s.namespace())); err != nil {
		return snapshot, fmt.Errorf("listing the work items: %w", err)
	}
	byCard := map[string]*v1alpha1.WorkItem{}
	for i := range items.Items {
		if card := items.Items[i].Spec.Card; card != nil {
			byCard[card.ID] = &items.Items[i]
		}
	}
	for _, c := range s.cards() {
		state := State{Card: c, Item: byCard[s.cardIDs[c.Slug]]}
		_, absent := s.GitHub.File(c.RepositoryName(), c.Branch(), steeringFile)
		state.Steered = absent == nil
		state.Waited = waited[c.Slug] || waitsForSpec(state.Item)
		card, err := s.GitHub.Card(s.cardIDs[c.Slug])
		if err != nil {
			return snapshot, fmt.Errorf("looking at the card %q: %w", c.Title, err)
		}
		state.Column = card.Status
		if state.Item != nil && state.Item.Status.Accepted != nil {
			pr, err := s.GitHub.PullRequest(c.RepositoryName(), int(state.Item.Status.Accepted.PullRequest))
			if err != nil {
				return snapshot, fmt.Errorf("looking at the pull request of %q: %w", c.Title, err)
			}
			state.PullRequest = &pr
			if state.Answered, err = s.answered(c, pr.Number); err != nil {
				return snapshot, err
			}
		}
		snapshot.States = append(snapshot.States, state)
	}
	if !snapshot.Finished() {
		return snapshot, nil
	}
	rows, err := s.LockRows()
	snapshot.LockRows, snapshot.Artifacts = rows, s.servers.artifacts(s.bucket())
	return snapshot, err
}

// pushLateSpecs does what a person does who sees the item wait.
func (s *System) pushLateSpecs(snapshot Snapshot, waited map[string]bool) error {
	for _, state := range snapshot.States {
		if !state.Card.SpecLater || !state.Waited || waited[state.Card.Slug] {
			continue
		}
		waited[state.Card.Slug] = true
		if err := s.pushSpec(state.Card); err != nil {
			return err
		}
	}
	return nil
}

func waitsForSpec(item *v1alpha1.WorkItem) bool {
	if item == nil {
		return false
	}
	c := meta.FindStatusCondition(item.Status.Conditions, v1alpha1.ConditionAccepted)
	return c != nil && c.Status == metav1.ConditionFalse && c.Reason == v1alpha1.ReasonSpecNotFound
}
