// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// checkName is the name of the status check.
const checkName = "kiro-worker"

// setStatusCheck sets the mark beside the newest commit, if there is one.
func (p pullRequestStage) setStatusCheck(ctx context.Context, s *State) error {
	if s.Result.Commit == "" {
		return nil
	}
	r := s.Result
	check := forge.StatusCheck{
		Name: checkName, State: forge.CheckSuccess, TargetURL: p.build.URL, Reference: p.parameters.CorrelationID,
		Description: fmt.Sprintf("%d of %d tasks done, tests and coverage passed", r.Tasks.Done, r.Tasks.Total),
	}
	if s.failed() {
		check.State, check.Description = forge.CheckFailure, prbody.Cut(string(r.Outcome)+": "+prbody.CodeText(r.Message, 100), 130)
		if r.Outcome.Class() == contract.ClassInfrastructure {
			check.State = forge.CheckError
		}
	}
	return p.retry.do(ctx, "setting the status check", func(ctx context.Context) error {
		return p.lease.Do(ctx, forgeTimeout, func(ctx context.Context) error {
			return p.pullRequest.forge.SetStatusCheck(ctx, p.pullRequest.repository, r.Commit, check)
		})
	})
}
