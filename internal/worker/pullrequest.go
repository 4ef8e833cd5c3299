// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
	"github.com/kiro-worker/kiro-worker/internal/worker/repofile"
)

// pullRequestStage reports on the pull request what became of the work, whatever it is.
type pullRequestStage struct {
	pullRequest  pullRequest
	lease        *lease.Renewer
	retry        retrier
	repo         *gitrepo.Repository
	parameters   contract.Parameters
	build        Build
	artifactsURL string
	redactor     *redact.Redactor
	clean        cleaner
}

func (p pullRequestStage) run(ctx context.Context, s *State) error {
	s.Result.ArtifactsURL = p.artifactsURL
	changed, err := p.update(ctx, s)
	if err != nil {
		return errors.Join(changed, err)
	}
	s.Result.PullRequestUpdated = true
	s.save()
	if err := p.setStatusCheck(ctx, s); err != nil {
		// The pull request says it all; the mark beside the commit is a convenience.
		logging.Warn(logOf(ctx), "The status check could not be set", keyReason, p.clean(err.Error()))
		s.note("The status check could not be set: %s", p.clean(err.Error()))
	}
	return changed
}

// update replaces the worker's section of the body, if it is to say something else than it says. changed is what a
// person did to the pull request meanwhile; the section reports that too.
func (p pullRequestStage) update(ctx context.Context, s *State) (changed, err error) {
	var long, short string
	err = p.retry.do(ctx, "updating the pull request", func(ctx context.Context) error {
		// Read again for each try: what a person wrote while this one waited would be overwritten with what was there before.
		pr, err := p.pullRequest.read(ctx)
		if err != nil {
			return err
		}
		s.Result.PullRequestURL = pr.URL
		if err := p.changedMeanwhile(pr); err != nil && !s.failed() {
			changed = err
			recordFailure(ctx, s, contract.StagePullRequest, err, p.clean)
			long = ""
		}
		if long == "" {
			// Each text was redacted by itself. Over the whole only known values count: a rule that runs over several lines
			// would take out what stands between two texts that somebody made for it.
			summary := p.summary(ctx, s).Map(p.redactor.String)
			long, short = p.redactor.KnownString(summary.Markdown()), p.redactor.KnownString(summary.Short())
		}
		return p.writeSection(ctx, pr.Body, long, short)
	})
	if err != nil {
		return changed, fmt.Errorf("updating pull request #%d: %w", p.pullRequest.number, err)
	}
	logOf(ctx).Info("Pull request updated")
	return changed, nil
}

// writeSection writes a body with the worker's section in it, the short one where the long one has no room.
func (p pullRequestStage) writeSection(ctx context.Context, old, long, short string) error {
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
	return p.lease.Do(ctx, forgeTimeout, func(ctx context.Context) error {
		return p.pullRequest.forge.UpdateBody(ctx, p.pullRequest.repository, p.pullRequest.number, body)
	})
}

// changedMeanwhile is what a person made of the pull request while the work was done. It is their decision and not the
// infrastructure's failure, which would be tried again and again.
func (p pullRequestStage) changedMeanwhile(pr forge.PullRequest) error {
	problems := p.pullRequest.problems(pr)
	if len(problems) == 0 {
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
		"the work was done and pushed, but %s; if it is still wanted, %s and move the card away and back", strings.Join(problems, "; "), help)
}

// summary is what is recorded, as the pull request shows it.
func (p pullRequestStage) summary(ctx context.Context, s *State) prbody.Summary {
	summary := prbody.Summary{
		Result: s.Result, FailedTests: s.FailedTests, PartOnly: s.CoverageParts, ChangedThreshold: ptr.Deref(p.parameters.Settings.ChangedLines, 0), Notes: s.Notes, Open: s.OpenTasks,
		Threshold: p.parameters.CoverageThreshold, Attempt: p.parameters.Attempt, Correlation: p.parameters.CorrelationID,
		WorkItem: p.parameters.WorkItem, BuildURL: p.build.URL, BuildARN: p.build.ARN, Region: p.build.Region,
	}
	if r := s.Repository; r != nil {
		summary.Repository = &prbody.Repository{File: repofile.Path, Commit: r.Commit, Used: r.Used, Unused: r.Unused}
	}
	if p.parameters.TraceParent != "" {
		summary.Trace = contract.TraceID(p.parameters.LockID)
	}
	for _, protected := range p.parameters.Settings.ProtectedPaths {
		summary.Named = append(summary.Named, protected.Glob)
	}
	for _, t := range s.Tasks {
		summary.Tasks = append(summary.Tasks, prbody.Task{ID: t.ID, Title: t.Title, Done: t.Done, Commit: t.Commit, Reason: t.Reason})
	}
	summary.MaxRounds = min(p.parameters.Settings.RepairRounds, contract.MaxRounds)
	for _, r := range s.Rounds {
		summary.Rounds = append(summary.Rounds, prbody.Round{Message: r.Message, End: string(r.End), Reason: r.Reason, Commit: r.Commit, Seconds: r.Seconds})
	}
	if s.Base != "" && s.Base != s.Result.Commit {
		changes, err := p.repo.Changes(ctx, s.Base, s.Result.Commit)
		if err != nil {
			logging.Warn(logOf(ctx), "What changed could not be listed", keyReason, p.clean(err.Error()))
		}
		for _, c := range changes {
			summary.Changes = append(summary.Changes, prbody.Change(c))
		}
	}
	return summary
}
