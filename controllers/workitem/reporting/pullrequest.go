// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reporting

import (
	"context"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

// commentMarker begins the comment of an item, so that it is replaced and not repeated.
const commentMarker = "<!-- kiro-worker:outcome -->"

// comment says on the pull request what happened, if a build was started and could not say so itself.
func (r *Reporter) comment(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) error {
	a := item.Status.Attempt
	if a == nil || a.Build == nil || a.PullRequestNotified || a.Parameters.PullRequest == 0 {
		return nil
	}
	updated, err := r.updatedByBuild(ctx, item)
	if err != nil || updated {
		return err
	}
	repository, err := r.access.Forge(ctx, item, env)
	if err != nil {
		return fmt.Errorf("reaching the pull request: %w", err)
	}
	if err := repository.Comment(ctx, a.Parameters.Repository, a.Parameters.PullRequest, commentMarker, outcomeComment(item)); err != nil {
		return fmt.Errorf("commenting on the pull request: %w", err)
	}
	a.PullRequestNotified = true
	return nil
}

// updatedByBuild reports whether the build updated the pull request itself.
func (r *Reporter) updatedByBuild(ctx context.Context, item *v1alpha1.WorkItem) (bool, error) {
	table, err := r.access.Table(ctx, item)
	if err != nil {
		return false, err
	}
	row, card, err := locks.Read(ctx, table, item.Status.Attempt)
	if err != nil {
		return false, err
	}
	f := policy.FactsOf(item.Status.Attempt, row, card)
	return f.Result != nil && f.Result.PullRequestUpdated, nil
}

// outcomeComment is the comment's text. Every part of it is ours or cleaned: no text of a tool.
func outcomeComment(item *v1alpha1.WorkItem) string {
	c := item.Condition(v1alpha1.ConditionSucceeded)
	return fmt.Sprintf("%s\n**Kiro Worker: %s.** The build could not update this pull request itself.\n\n%s\n\nWork item `%s/%s`, attempt %d, correlation id `%s`.\n",
		commentMarker, c.Reason, plainText(c.Message), item.Namespace, item.Name, item.Status.Attempt.Number, item.Status.CorrelationID)
}

// plainText keeps a text from being read as markdown, a mention or a closing keyword.
func plainText(text string) string {
	return "`" + strings.ReplaceAll(text, "`", "'") + "`"
}
