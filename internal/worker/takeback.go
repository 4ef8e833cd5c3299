// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// takeBackMessage is the message of a commit that takes a round's commit back.
func takeBackMessage(why, commit, trailers string) string {
	return fmt.Sprintf("Take back the repair %.12s\n\n%s\n\n%s", commit, why, trailers)
}

// measuredOutcomes are those of attempts whose last repair was measured.
var measuredOutcomes = []contract.Outcome{
	contract.OutcomeSucceeded, contract.OutcomeTestsFailed, contract.OutcomeTestsNotMeasured, contract.OutcomeCoverageTooLow, contract.OutcomeCoverageNotMeasured,
	contract.OutcomeNoProgress, contract.OutcomeAgentFailed, contract.OutcomeProtectedPathChanged, contract.OutcomeValidationFailed,
	contract.OutcomePullRequestFailed, contract.OutcomeUploadFailed,
}

// takeBackUnmeasured takes back a repair that the attempt before pushed and did not come to measure, because its build was
// cut short. It may have done away with the tests that failed, and nobody could tell any more.
func (a agentStage) takeBackUnmeasured(ctx context.Context, s *State) error {
	if a.previous == nil || slices.Contains(measuredOutcomes, a.previous.Outcome) {
		return nil
	}
	message, before, err := a.tasks.repo.Newest(ctx)
	if err != nil {
		return err
	}
	if before == "" || !isRoundOf(message, a.previous.Attempt, a.tasks.trailers) {
		return nil
	}
	commit := s.Result.Commit
	if err := a.tasks.publish.restore(ctx, s, before, takeBackMessage("Its build was cut short before it was measured.", commit, a.tasks.trailers)); err != nil {
		return fmt.Errorf("taking back a repair that was not measured: %w", err)
	}
	if err := a.space.fresh(ctx, s, s.Result.Commit); err != nil {
		return err
	}
	s.note("The attempt before was cut short in a repair; its commit %.12s was taken back, as nobody had measured it.", commit)
	logOf(ctx).Info("Took back a repair that was not measured", keyCommit, commit)
	return nil
}

// isRoundOf reports whether a commit's message is that of a repair round in an attempt at this work item.
func isRoundOf(message string, attempt int32, trailers string) bool {
	item, _, _ := strings.Cut(trailers, "\n")
	lines := strings.Split(message, "\n")
	has := func(wanted string) bool { return slices.Contains(lines, wanted) }
	return has(item) && has(fmt.Sprintf("Kiro-Attempt: %d", attempt)) &&
		slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, trailerRound+": ") })
}
