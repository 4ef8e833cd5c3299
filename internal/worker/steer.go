// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/power"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// steer brings the checkout's steering files up to the environment's Power and commits them, if anything changed.
func steer(ctx context.Context, j *job) error {
	s := j.parameters.Settings
	if s.SteeringSource == "" {
		logOf(ctx).Info("Steering skipped: the environment names no Power")
		j.state.note("Steering was skipped: the environment names no Power.")
		return nil
	}
	p, err := j.fetchPower(ctx)
	if err != nil {
		return err
	}
	j.state.Result.SteeringVersion = p.Label()
	change, err := power.Sync(j.tree, p, s.SteeringSource)
	if change.BackFrom != "" {
		j.state.note("Steering goes back from %s to %s, as the environment says.", change.BackFrom, p.Version)
	}
	switch {
	case err != nil:
		return err
	case change.UpToDate:
		logOf(ctx).Info("Steering is up to date", keyVersion, p.Label())
		return nil
	}
	if err := j.sandbox.GiveTree(); err != nil {
		return fmt.Errorf("writing %s: %w", power.SteeringDir, err)
	}
	for _, name := range change.Kept {
		j.state.note("%s was edited in the repository and is kept as it is; the Power has another version of it.", name)
	}
	message := fmt.Sprintf("Sync steering with %s\n\n%s", prbody.PlainSubject(p.Label()), j.trailers())
	paths, err := j.commitWork(ctx, message)
	if err != nil {
		return err
	}
	logOf(ctx).Info("Steering synchronised", keyVersion, p.Label(), keyFiles, len(paths))
	return nil
}

func (j *job) fetchPower(ctx context.Context) (p power.Power, err error) {
	s := j.parameters.Settings
	source := power.Source{Address: s.SteeringSource, Ref: s.SteeringRef, Path: s.SteeringPath, Repository: j.repo}
	if j.ports.Remote != nil {
		source.Own = j.remote()
	}
	err = j.retry(ctx, s.RetryGit.Or(contract.RetryGit), "fetching the Power", func(ctx context.Context) error {
		var err error
		p, err = source.Fetch(ctx)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("fetching the Power from %s: %w", source, err)
	}
	return p, nil
}
