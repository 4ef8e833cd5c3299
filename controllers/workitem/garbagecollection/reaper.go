// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package garbagecollection

import (
	"context"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// reap frees a lock whose holder is gone: its work item was deleted by force, or its cluster is no more. Time alone never
// does that. Without a build the lock is abandoned, and a build that claims in that moment wins; with one, CodeBuild has
// to say that it is over, or for long enough that it does not know it.
func (c *Collector) reap(ctx context.Context, env *v1alpha1.WorkEnvironment, table Table, row lock.Row) (bool, error) {
	now := c.clock.Now()
	if row.Foreign || !row.Held() || !now.After(row.ExpiresAt) {
		return false, nil
	}
	if row.BuildID == "" {
		return c.freed(ctx, env, table, row, abandoned, table.Abandon(ctx, row, now))
	}
	service, err := c.access.Clients.Builds(ctx, env.Namespace, env.Spec.AWS)
	if err != nil {
		return false, fmt.Errorf("reaching CodeBuild: %w", err)
	}
	if !service.SamePlace(build.Reference(row.BuildID), build.Reference(env.Status.ProjectARN)) {
		return false, nil // only that account's CodeBuild can say what became of the build
	}
	over, err := c.isOver(ctx, service, env, row)
	if err != nil || !over {
		return false, err
	}
	return c.freed(ctx, env, table, row, reclaimed, table.Reclaim(ctx, row, now))
}

// looker is what of the build service is used here.
type looker interface {
	build.Observer
	build.Projects
}

// isOver asks CodeBuild whether the build in a row is over, and nothing that it sent is on its way any more.
func (c *Collector) isOver(ctx context.Context, service looker, env *v1alpha1.WorkEnvironment, row lock.Row) (bool, error) {
	now := c.clock.Now()
	ref := build.Reference(row.BuildID)
	found, _, err := service.Get(ctx, []build.Reference{ref})
	if err != nil {
		return false, fmt.Errorf("looking at the holder's build: %w", err)
	}
	if b, ok := found[ref]; ok {
		c.missing.Found(row.BuildID)
		return b.State.Over() && now.Sub(c.over.Since(row.BuildID, now)) >= c.settling, nil
	}
	if !gone(now, row, c.missing.Look(row.BuildID, now), c.settling) {
		return false, nil
	}
	// "Not known" is also what another account answers. The environment may have been given another role since its
	// status named the project, so whom we speak to is asked now.
	project, err := service.Project(ctx, env.Spec.CodeBuild.ProjectName)
	switch {
	case fault.CodeOf(err) == fault.CodeNotFound:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("looking whose builds are looked at: %w", err)
	}
	return service.SamePlace(ref, project.Reference), nil
}

// gone reports whether a build that CodeBuild does not know is over and has settled. Its start is not known: it was no
// later than the end of the start window of the attempt that acquired the lock.
func gone(now time.Time, row lock.Row, n policy.NotFound, settling time.Duration) bool {
	if row.CreatedAt.IsZero() {
		return false
	}
	return n.Over(now, row.CreatedAt.Add(policy.StartWindow)) && now.Sub(n.First) >= settling
}
