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
	clean    cleaner
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
	t.notePower(s, p)
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
		return fmt.Errorf("writing the Power's files: %w", err)
	}
	paths, err := t.publish.commit(ctx, s, fmt.Sprintf("Sync steering with %s\n\n%s", prbody.PlainSubject(p.Label()), t.trailers))
	if err != nil {
		return err
	}
	logOf(ctx).Info("Steering synchronised", keyVersion, p.Label(), keyFiles, len(paths))
	return nil
}

// muchSteering is how much an agent may be given to read in every run before that is warned of, in bytes.
const muchSteering = 32 << 10

// notePower notes what of a Power is not there, and what every run of the agent pays for.
func (t steerStage) notePower(s *State, p power.Power) {
	for _, note := range p.Notes {
		s.note("%s", t.clean(note))
	}
	if len(p.Steering) == 0 {
		return
	}
	size := fmt.Sprintf("%.1f KB", float64(p.Always)/1024)
	if p.Always > muchSteering {
		s.note("Look twice: the agent reads %s of the Power's steering in every run. Set spec.steering.inclusion of the WorkEnvironment to auto or manual, or say in the front matter of the Power's files when they are needed.", size)
		return
	}
	s.note("Of the Power's steering the agent reads %s in every run.", size)
}

func (t steerStage) fetch(ctx context.Context) (p power.Power, err error) {
	err = t.retry.do(ctx, "fetching the Power", func(ctx context.Context) error {
		var err error
		p, err = t.source.Fetch(ctx)
		return err
	})
	return p, err
}
