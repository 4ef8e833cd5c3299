// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// reap frees a lock whose holder is gone: its work item was deleted by force, or its cluster is no more. Time alone
// never does that. Without a build the lock is abandoned, and a build that claims in that moment wins; with one,
// CodeBuild has to say that it is over, or for long enough that it does not know it. It reports whether the lock was freed.
func (s *lockStep) reap(ctx context.Context, env *v1alpha1.WorkEnvironment, table lock.Table, row lock.Row) (bool, error) {
	now := s.clock.Now()
	if row.Foreign || !row.Held() || !now.After(row.ExpiresAt) {
		return false, nil
	}
	if row.BuildID == "" {
		return s.freed(ctx, row, "abandoned", table.Abandon(ctx, row, now))
	}
	service, err := s.clients.Builds(ctx, env.Namespace, env.Spec.AWS)
	if err != nil {
		return false, fmt.Errorf("reaching CodeBuild: %w", err)
	}
	if !service.SamePlace(build.Reference(row.BuildID), build.Reference(env.Status.ProjectARN)) {
		return false, nil // only that account's CodeBuild can say what became of the build
	}
	over, err := s.isOver(ctx, service, env, row)
	if err != nil || !over {
		return false, err
	}
	return s.freed(ctx, row, "reclaimed", table.Reclaim(ctx, row, now))
}

// isOver asks CodeBuild whether the build in a row is over, and nothing that it sent is on its way any more.
func (s *lockStep) isOver(ctx context.Context, service build.Service, env *v1alpha1.WorkEnvironment, row lock.Row) (bool, error) {
	now := s.clock.Now()
	ref := build.Reference(row.BuildID)
	found, _, err := service.Get(ctx, []build.Reference{ref})
	if err != nil {
		return false, fmt.Errorf("looking at the holder's build: %w", err)
	}
	if b, ok := found[ref]; ok {
		s.over.known(row.BuildID)
		return b.State.Over() && now.Sub(s.over.since(row.BuildID, now)) >= s.settling, nil
	}
	if !gone(now, row, s.over.missed(row.BuildID, now), s.settling) {
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

// gone reports whether a build that CodeBuild does not know is over: it was looked for often enough, and its lock was
// taken so long ago that a build which is only not seen yet would be seen by now.
func gone(now time.Time, row lock.Row, m misses, settling time.Duration) bool {
	return m.times >= missingTimes && now.Sub(m.first) >= settling &&
		!row.CreatedAt.IsZero() && now.Sub(row.CreatedAt) > startWindow+missingAfter
}

func (s *lockStep) freed(ctx context.Context, row lock.Row, how string, err error) (bool, error) {
	switch {
	case isRefusal(err):
		return false, nil // it moved while we looked
	case err != nil:
		return false, fmt.Errorf("freeing a lock: %w", err)
	}
	log.FromContext(ctx).Info("Freed a lock", keyHow, how, keyRow, row.Key, keyHolder, row.WorkItemID, keyBuild, row.BuildID)
	return true, nil
}
