// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// look measures what a run did to the files.
func (r *taskRun) look(ctx context.Context, run finishedRun, record *TaskRecord) (observation, error) {
	seen := observation{Suspicious: run.outcome.Suspicious()}
	tree, all, err := r.stage(ctx)
	if err != nil {
		return seen, err
	}
	own, err := r.repo.ChangedPaths(ctx, run.before, tree)
	if err != nil {
		return seen, err
	}
	seen.Protected = protected(r.settings.ProtectedPaths, all)
	if raw, err := r.space.tree.RawLFS(ctx, tree, all); err != nil {
		return seen, err
	} else if len(raw) > 0 {
		return seen, failedf(contract.OutcomeAgentFailed, "task %s changed %s, which Git LFS keeps by .gitattributes, and the worker has no Git LFS: nothing of that task was pushed, as "+
			"it would be in the repository itself for ever. Make that change yourself, or ask for it in other files", run.task.ID, firstFew(raw))
	}
	seen.Changed, record.Files = r.list.others(own), r.list.others(all)
	if seen.Nothing = run.outcome.Idle && len(own) == 0; seen.Nothing && run.outcome.Refused != "" {
		return seen, r.refused(run.outcome.Refused)
	}
	findings, err := r.publish.scan(ctx, tree)
	if err != nil {
		return seen, err
	}
	seen.Conflicts = findings.Conflicts
	return seen, nil
}
