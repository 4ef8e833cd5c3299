// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"fmt"

	gogithub "github.com/google/go-github/v89/github"

	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

// SetStatus implements forge.Statuses. GitHub adds a status each time and shows the last of a name.
func (f *Forge) SetStatus(ctx context.Context, repository, commit string, status forge.CommitStatus) error {
	owner, name, err := split(repository)
	if err != nil {
		return err
	}
	wanted := gogithub.RepoStatus{
		State:       new(string(status.State)),
		Context:     new(status.Context),
		Description: new(githubapi.Text(status.Description, maxDescription)),
	}
	if status.TargetURL != "" {
		wanted.TargetURL = new(status.TargetURL)
	}
	err = f.api.REST(ctx, opSetStatus, func(ctx context.Context, c *gogithub.Client) error {
		_, _, err := c.Repositories.CreateStatus(ctx, owner, name, commit, wanted)
		return err
	})
	if err != nil {
		return fmt.Errorf("setting the status of commit %s of %s: %w", githubapi.Text(commit, 64), repository, err)
	}
	return nil
}
