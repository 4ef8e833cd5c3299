// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/worker/power"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// steerStage brings the checkout's steering files up to the environment's Power and commits them, if anything changed.
type steerStage struct {
	space    workspace
	source   power.Source // without an address there is no Power
	retry    retrier
	publish  publisher
	trailers string
}

func (t steerStage) run(ctx context.Context, s *State) error {
	if t.source.Address == "" {
		logOf(ctx).Info("Steering skipped: the environment names no Power")
		s.note("Steering was skipped: the environment names no Power.")
		return nil
	}
	p, err := t.fetch(ctx)
	if err != nil {
		return fmt.Errorf("fetching the Power from %s: %w", t.source, err)
	}
	s.Result.SteeringVersion = p.Label()
	change, err := power.Sync(t.space.tree, p, t.source.Address)
	if change.BackFrom != "" {
		s.note("Steering goes back from %s to %s, as the environment says.", change.BackFrom, p.Version)
	}
	if err != nil {
		return err
	}
	for _, name := range change.Kept {
		s.note("Look twice: %s was edited in the repository and is kept as it is; the Power has another version of it.", name)
	}
	if change.UpToDate {
		logOf(ctx).Info("Steering is up to date", keyVersion, p.Label())
		return nil
	}
	if err := t.space.sandbox.GiveTree(); err != nil {
		return fmt.Errorf("writing %s: %w", power.SteeringDir, err)
	}
	paths, err := t.publish.commit(ctx, s, fmt.Sprintf("Sync steering with %s\n\n%s", prbody.PlainSubject(p.Label()), t.trailers))
	if err != nil {
		return err
	}
	logOf(ctx).Info("Steering synchronised", keyVersion, p.Label(), keyFiles, len(paths))
	return nil
}

func (t steerStage) fetch(ctx context.Context) (p power.Power, err error) {
	err = t.retry.do(ctx, "fetching the Power", func(ctx context.Context) error {
		var err error
		p, err = t.source.Fetch(ctx)
		return err
	})
	return p, err
}
