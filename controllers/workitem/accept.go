// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
)

// acceptStep waits for what the item depends on, then asks the forge whether branch, spec files and an open pull request exist,
// and pins the commit. Each miss is a wait with its own reason, looked at again whether or not the card changed.
type acceptStep struct {
	access access.Access
	clock  clock.PassiveClock
}

// Condition implements reconcile.Step.
func (s *acceptStep) Condition() string { return v1alpha1.ConditionAccepted }

// Reconcile implements reconcile.Step.
func (s *acceptStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	if item.AttemptActive() || item.Finished() || policy.AcceptedAsItIs(item) {
		return reconcile.Done(), nil
	}
	return s.ask(ctx, item)
}

// ask asks the forge now.
func (s *acceptStep) ask(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	now := s.clock.Now()
	set := conditionsOf(now, item)
	env, err := s.access.Environment(ctx, item)
	if apierrors.IsNotFound(err) {
		set.False(v1alpha1.ConditionAccepted, v1alpha1.ReasonEnvironmentNotFound, fmt.Sprintf(
			"WorkEnvironment %q does not exist in this namespace. Create it, or name another in spec.environmentRef.",
			item.Spec.EnvironmentRef.Name))
		return reconcile.WaitFor(policy.AcceptLatest), nil
	}
	if err != nil {
		return reconcile.Result{}, err
	}
	if miss, left := policy.TriggerAhead(item, now); miss != nil {
		set.False(v1alpha1.ConditionAccepted, miss.Reason, miss.Message)
		item.Status.Accepted = nil
		return reconcile.WaitFor(min(left, policy.AcceptLatest)), nil
	}
	source, err := s.access.Source(ctx, item)
	if err != nil && !apierrors.IsNotFound(err) {
		return reconcile.Result{}, err
	}
	if miss := policy.OutsideSource(item, source); err == nil && miss != nil {
		set.False(v1alpha1.ConditionAccepted, miss.Reason, miss.Message)
		item.Status.Accepted = nil
		return reconcile.WaitFor(policy.AcceptLatest), nil
	}
	if result, err := s.waitForDependencies(ctx, item); err != nil || !result.IsDone() {
		return result, err
	}
	report, err := s.inspect(ctx, item, env)
	if apierrors.IsNotFound(err) {
		set.False(v1alpha1.ConditionAccepted, v1alpha1.ReasonSourceNotFound, fmt.Sprintf(
			"WorkSource %q, whose credentials reach the repository, does not exist any more. Create it again, or delete this item.",
			item.Spec.SourceRef.Name))
		return reconcile.WaitFor(policy.AcceptLatest), nil
	}
	if err != nil {
		item.Status.Accepted = nil
		return reconcile.Result{}, fmt.Errorf("looking at branch %s of %s: %w", item.Spec.Branch, item.Spec.Repository, err)
	}
	if miss := policy.FirstMiss(item, report); miss != nil {
		set.False(v1alpha1.ConditionAccepted, miss.Reason, miss.Message)
		item.Status.Accepted = nil
		return reconcile.WaitFor(policy.AcceptAgain(now, item)), nil
	}
	item.Status.Accepted = policy.Accept(item, report, now)
	set.True(v1alpha1.ConditionAccepted, v1alpha1.ReasonRequirementsMet, fmt.Sprintf(
		"Branch at %.12s, spec files and pull request #%d exist.", report.Commit, item.Status.Accepted.PullRequest))
	return reconcile.Done(), nil
}

func (s *acceptStep) inspect(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) (forge.Report, error) {
	client, err := s.access.Forge(ctx, item, env)
	if err != nil {
		return forge.Report{}, err
	}
	query := forge.Query{Repository: item.Spec.Repository, Branch: item.Spec.Branch, SpecPath: item.SpecFolder()}
	if item.Spec.PullRequest != nil {
		query.PullRequest = *item.Spec.PullRequest
	}
	reports, err := client.Inspect(ctx, []forge.Query{query})
	if err != nil {
		return forge.Report{}, err
	}
	if len(reports) != 1 {
		return forge.Report{}, fault.NewRetryable(fault.CodeInvalidAnswer, fmt.Errorf("asked for one branch, %d were answered", len(reports)))
	}
	return reports[0], reports[0].Err
}
