// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// checkSecrets refuses to commit a known secret: what is pushed cannot be taken back. It looks at the lines that the
// change adds; what stood there before is not the agent's doing.
func (j *job) checkSecrets(ctx context.Context, tree string) error {
	found, err := j.scanChange(ctx, tree)
	if err != nil || len(found.Secrets) == 0 {
		return err
	}
	return failedf(contract.OutcomeAgentFailed, "the change holds a secret of the build in %s; nothing of it was pushed: keep credentials out of what the agent writes",
		firstFew(found.Secrets))
}

// scanChange looks through the lines that a tree adds to HEAD.
func (j *job) scanChange(ctx context.Context, tree string) (gitrepo.Findings, error) {
	return j.repo.Scan(ctx, tree, j.redactor.NewFinder)
}

// firstFew names a few of many.
func firstFew(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:few], ", ") + " and others"
}
