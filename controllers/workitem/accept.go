// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
)

// How often the forge is asked for what is missing: soon after the first miss, when somebody is likely to be at
// it, and ever more seldom after.
const (
	acceptSoonest = 5 * time.Second
	acceptLatest  = 5 * time.Minute
)

// acceptStep asks the forge whether branch, spec files and an open pull request exist, and pins the commit. Each
// miss is a wait with its own reason, looked at again whether or not the card changed.
type acceptStep struct {
	deps
}

// condition implements step.
func (s *acceptStep) condition() string { return v1alpha1.ConditionAccepted }

// Reconcile implements step.
func (s *acceptStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	if item.AttemptActive() || item.Finished() || acceptedAsItIs(item) {
		return goOn(), nil
	}
	return s.ask(ctx, item)
}

// acceptedAsItIs reports whether what was accepted is what the spec still asks for: until an attempt exists, its
// branch may change.
func acceptedAsItIs(item *v1alpha1.WorkItem) bool {
	c := item.Condition(v1alpha1.ConditionAccepted)
	return c.Status == metav1.ConditionTrue && c.ObservedGeneration == item.Generation
}

// ask asks the forge now.
func (s *acceptStep) ask(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	now := s.clock.Now()
	set := conditionsOf(now, item)
	env, err := s.environment(ctx, item)
	if apierrors.IsNotFound(err) {
		set.False(v1alpha1.ConditionAccepted, v1alpha1.ReasonEnvironmentNotFound, fmt.Sprintf(
			"WorkEnvironment %q does not exist in this namespace. Create it, or name another in spec.environmentRef.",
			item.Spec.EnvironmentRef.Name))
		return waitFor(acceptLatest), nil
	}
	if err != nil {
		return result{}, fmt.Errorf("reading the environment: %w", err)
	}
	report, err := s.inspect(ctx, item, env)
	if apierrors.IsNotFound(err) {
		set.False(v1alpha1.ConditionAccepted, v1alpha1.ReasonSourceNotFound, fmt.Sprintf(
			"WorkSource %q, whose credentials reach the repository, does not exist any more. Create it again, or delete this item.",
			item.Spec.SourceRef.Name))
		return waitFor(acceptLatest), nil
	}
	if err != nil {
		item.Status.Accepted = nil
		return result{}, fmt.Errorf("looking at branch %s of %s: %w", item.Spec.Branch, item.Spec.Repository, err)
	}
	if miss := firstMiss(item, report); miss != nil {
		set.False(v1alpha1.ConditionAccepted, miss.reason, miss.message)
		item.Status.Accepted = nil
		return waitFor(acceptAgain(set, now)), nil
	}
	pin(item, report, now)
	set.True(v1alpha1.ConditionAccepted, v1alpha1.ReasonRequirementsMet, fmt.Sprintf(
		"Branch at %.12s, spec files and pull request #%d are there.", report.Commit, item.Status.Accepted.PullRequest))
	return goOn(), nil
}

func (s *acceptStep) inspect(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) (forge.Report, error) {
	client, err := s.forge(ctx, item, env)
	if err != nil {
		return forge.Report{}, err
	}
	reports, err := client.Inspect(ctx, []forge.Query{{
		Repository: item.Spec.Repository, Branch: item.Spec.Branch, SpecPath: item.SpecFolder(),
		PullRequest: valueOr(item.Spec.PullRequest, 0),
	}})
	if err != nil {
		return forge.Report{}, err
	}
	if len(reports) != 1 {
		return forge.Report{}, fault.NewRetryable(fault.CodeInvalidAnswer, fmt.Errorf("asked for one branch, %d were answered", len(reports)))
	}
	return reports[0], reports[0].Err
}

// pin records what was found: the attempt works on this commit or one that descends from it.
func pin(item *v1alpha1.WorkItem, report forge.Report, now time.Time) {
	pr := openPullRequests(item, report)[0]
	t := metav1.NewTime(now)
	item.Status.Accepted = &v1alpha1.AcceptedWork{
		Commit: report.Commit, RepositoryID: report.RepositoryID, ForgeHost: report.Host,
		PullRequest: pr.Number, PullRequestURL: pr.URL, SpecPath: item.SpecFolder(), Time: &t,
	}
}

// acceptAgain is when to look again: half as long as the miss has lasted.
func acceptAgain(set conditions.Set, now time.Time) time.Duration {
	since := now
	if c := set.Get(v1alpha1.ConditionAccepted); c != nil {
		since = c.LastTransitionTime.Time
	}
	return min(max(now.Sub(since)/2, acceptSoonest), acceptLatest)
}
