// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// checkName is the name of the status check.
const checkName = "kiro-worker"

// updatePullRequest tells the pull request what became of the work, whatever it is.
func updatePullRequest(ctx context.Context, j *job) error {
	j.state.Result.ArtifactsURL = j.artifactsURL()
	changed, err := j.tellPullRequest(ctx)
	if err != nil {
		return errors.Join(changed, err)
	}
	j.state.Result.PullRequestUpdated = true
	j.save()
	if err := j.setStatusCheck(ctx); err != nil {
		// The pull request says it all; the mark beside the commit is a convenience.
		logOf(ctx).Info("The status check could not be set", keyReason, j.clean(err.Error()))
		j.state.note("The status check could not be set: %s", j.clean(err.Error()))
	}
	return changed
}

// tellPullRequest replaces the worker's section of the body, if it is to say something else than it says. changed is
// what a person did to the pull request meanwhile; the section tells of it too.
func (j *job) tellPullRequest(ctx context.Context) (changed, err error) {
	var long, short string
	err = j.retry(ctx, j.parameters.Settings.RetryGitHub.Or(contract.RetryService), "updating the pull request", func(ctx context.Context) error {
		// Read anew for each try: what a person wrote while this one waited would be overwritten with what was there before.
		pr, err := j.readPullRequest(ctx)
		if err != nil {
			return err
		}
		j.state.Result.PullRequestURL = pr.URL
		if err := changedMeanwhile(pr, j.parameters); err != nil && !j.state.failed() {
			changed = err
			j.fail(ctx, contract.StagePullRequest, err)
			long = ""
		}
		if long == "" {
			s := j.summary(ctx)
			long, short = j.redactor.String(s.Markdown()), j.redactor.String(s.Short())
		}
		return j.writeSection(ctx, pr.Body, long, short)
	})
	if err != nil {
		return changed, fmt.Errorf("updating pull request #%d: %w", j.parameters.PullRequest, err)
	}
	logOf(ctx).Info("Pull request updated")
	return changed, nil
}

// writeSection writes a body with the worker's section in it, the short one where the long one has no room.
func (j *job) writeSection(ctx context.Context, old, long, short string) error {
	body, err := prbody.ReplaceSection(old, long)
	if err != nil {
		body, err = prbody.ReplaceSection(old, short)
	}
	if err != nil {
		return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf("%w: shorten what is written around the worker's section", err))
	}
	if body == old {
		return nil
	}
	return j.effect(ctx, forgeTimeout, func(ctx context.Context) error {
		return j.ports.Forge.UpdateBody(ctx, j.parameters.Repository, j.parameters.PullRequest, body)
	})
}

// changedMeanwhile is what a person made of the pull request while the work was done. It is their decision and not the
// infrastructure's failure, which would be tried again and again.
func changedMeanwhile(pr forge.PullRequest, p contract.Parameters) error {
	misses := pullRequestMisses(pr, p)
	if len(misses) == 0 {
		return nil
	}
	help := "put the pull request right"
	switch pr.State {
	case "CLOSED":
		help = "reopen it"
	case "MERGED":
		help = "open a new one from the branch"
	}
	return failedf(contract.OutcomeValidationFailed,
		"the work was done and pushed, but %s; if it is still wanted, %s and move the card away and back", strings.Join(misses, "; "), help)
}

// retell tells the pull request once more, of a failure after it was told of a success. Where that fails the
// controller does it.
func (j *job) retell(ctx context.Context) {
	if err := updatePullRequest(logContext(ctx, j.log.WithValues(logging.KeyStage, contract.StagePullRequest)), j); err != nil {
		j.log.Info("The pull request could not be told of the failure", keyReason, j.clean(err.Error()))
	}
}

func (j *job) setStatusCheck(ctx context.Context) error {
	if j.state.Result.Commit == "" {
		return nil
	}
	r := j.state.Result
	check := forge.StatusCheck{
		Name: checkName, State: forge.CheckSuccess, TargetURL: j.build.URL, Reference: j.parameters.CorrelationID,
		Description: fmt.Sprintf("%d of %d tasks done, tests and coverage passed", r.Tasks.Done, r.Tasks.Total),
	}
	if j.state.failed() {
		check.State, check.Description = forge.CheckFailure, prbody.Cut(string(r.Outcome)+": "+prbody.CodeText(r.Message, 100), 130)
		if r.Outcome.Class() == contract.ClassInfrastructure {
			check.State = forge.CheckError
		}
	}
	return j.retry(ctx, j.parameters.Settings.RetryGitHub.Or(contract.RetryService), "setting the status check", func(ctx context.Context) error {
		return j.effect(ctx, forgeTimeout, func(ctx context.Context) error {
			return j.ports.Forge.SetStatusCheck(ctx, j.parameters.Repository, r.Commit, check)
		})
	})
}

// summary is what is recorded, as the pull request shows it.
func (j *job) summary(ctx context.Context) prbody.Summary {
	s := prbody.Summary{
		Result: j.state.Result, FailedTests: j.state.FailedTests, Notes: j.state.Notes,
		Threshold: j.parameters.CoverageThreshold, Attempt: j.parameters.Attempt, Correlation: j.parameters.CorrelationID,
		WorkItem: j.parameters.WorkItem, BuildURL: j.build.URL, BuildARN: j.build.ARN, Region: j.build.Region,
	}
	if j.state.Base != "" && j.state.Base != j.state.Result.Commit {
		changes, err := j.repo.Changes(ctx, j.state.Base, j.state.Result.Commit)
		if err != nil {
			logOf(ctx).Info("What changed could not be listed", keyReason, j.clean(err.Error()))
		}
		for _, c := range changes {
			s.Changes = append(s.Changes, prbody.Change(c))
		}
	}
	for _, t := range j.state.Tasks {
		s.Tasks = append(s.Tasks, prbody.Task{ID: t.ID, Title: t.Title, Done: t.Done, Commit: t.Commit, Reason: t.Reason})
	}
	return s
}
