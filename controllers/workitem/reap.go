// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// reap frees a lock whose holder is gone: its work item was deleted by force, or its cluster is no more. Time alone
// never does that. Without a build the lock is abandoned, and a build that claims in that moment wins; with one,
// CodeBuild has to say that it is over. It reports whether the lock was freed.
func (s *take) reap(ctx context.Context, env *v1alpha1.WorkEnvironment, table lock.Table, row lock.Row) (bool, error) {
	now := s.clock.Now()
	if row.Foreign || !row.Held() || !now.After(row.ExpiresAt) {
		return false, nil
	}
	if row.BuildID == "" {
		return s.reaped(ctx, row, "abandoned", table.Abandon(ctx, row, now))
	}
	if !build.SamePlace(row.BuildID, env.Status.ProjectARN) {
		return false, nil // only that account's CodeBuild can say what became of the build
	}
	service, err := s.clients.Builds(ctx, env.Namespace, env.Spec.AWS)
	if err != nil {
		return false, fmt.Errorf("reaching CodeBuild: %w", err)
	}
	found, _, err := service.Get(ctx, []string{row.BuildID})
	if err != nil {
		return false, fmt.Errorf("looking at the holder's build: %w", err)
	}
	if b, ok := found[row.BuildID]; !ok || !b.Status.Over() || now.Sub(s.over.since(row.BuildID, now)) < s.settling {
		return false, nil
	}
	return s.reaped(ctx, row, "reclaimed", table.Reclaim(ctx, row, now))
}

func (s *take) reaped(ctx context.Context, row lock.Row, how string, err error) (bool, error) {
	switch {
	case isRefusal(err):
		return false, nil // it moved while we looked
	case err != nil:
		return false, fmt.Errorf("freeing an expired lock: %w", err)
	}
	log.FromContext(ctx).Info("Freed an expired lock", keyHow, how, keyRow, row.Key, keyHolder, row.WorkItemID, keyBuild, row.BuildID)
	return true, nil
}
