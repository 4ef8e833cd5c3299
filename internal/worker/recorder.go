// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"

	"github.com/go-logr/logr"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// failureRecorder records failures. The first one is the attempt's outcome; a later one is only logged. But a failure
// after the pull request was updated with a success is reported there too.
type failureRecorder struct {
	pullRequest pullRequestStage
	budget      budget
	clean       cleaner
	log         logr.Logger
}

func (f failureRecorder) record(ctx context.Context, s *State, name contract.Stage, err error) {
	if !recordFailure(ctx, s, name, err, f.clean) || !s.Result.PullRequestUpdated {
		return
	}
	s.Result.PullRequestUpdated = false
	ctx, cancel := f.budget.limit(ctx, contract.StageUpload)
	defer cancel()
	if context.Cause(ctx) != nil {
		return
	}
	ctx = logContext(ctx, f.log.WithValues(logging.KeyStage, contract.StagePullRequest))
	if err := f.pullRequest.run(ctx, s); err != nil {
		// The controller reports it.
		logging.Warn(f.log, "The failure could not be reported on the pull request", keyReason, f.clean(err.Error()))
	}
}
