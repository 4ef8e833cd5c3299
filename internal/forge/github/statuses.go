// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"

	gogithub "github.com/google/go-github/v89/github"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

// SetStatusCheck implements forge.StatusChecks: with a check run where the credentials are a GitHub App's, else with a
// commit status, which is all that a token may set. Never with one in the other's place: were an App without a
// permission to fall back, a branch rule that waits for the App's check would wait forever, and nobody would know why.
func (f *Forge) SetStatusCheck(ctx context.Context, repository, commit string, check forge.StatusCheck) error {
	owner, name, err := split(repository)
	if err != nil {
		return err
	}
	app, err := f.api.AppID(ctx)
	if err != nil {
		return fmt.Errorf("setting a status check of %s: %w", repository, err)
	}
	kind := "check run"
	if app != 0 {
		err = withoutChecks(f.setCheckRun(ctx, checkTarget{app: app, owner: owner, name: name, commit: commit}, check))
	} else {
		kind, err = "status", f.setStatus(ctx, owner, name, commit, check)
	}
	if err != nil {
		return fmt.Errorf("setting the %s of commit %s of %s: %w", kind, githubapi.Text(commit, 64), repository, err)
	}
	return nil
}

// setStatus sets a commit status. GitHub adds one each time and shows the last of a name.
func (f *Forge) setStatus(ctx context.Context, owner, name, commit string, check forge.StatusCheck) error {
	wanted := gogithub.RepoStatus{
		State:       new(string(check.State)),
		Context:     new(check.Name),
		Description: new(githubapi.Text(check.Description, maxDescription)),
	}
	if check.TargetURL != "" {
		wanted.TargetURL = new(check.TargetURL)
	}
	err := f.api.REST(ctx, opSetStatus, func(ctx context.Context, c *gogithub.Client) error {
		_, _, err := c.Repositories.CreateStatus(ctx, owner, name, commit, wanted)
		return err
	})
	return notThereYet(err)
}

// notThereYet makes an error that is worth another try of a refused status: just after a push some of GitHub's servers do
// not know the commit.
func notThereYet(err error) error {
	if fault.CodeOf(err) == fault.CodeInvalidRequest {
		return fault.NewRetryable(fault.CodeInvalidRequest, fmt.Errorf("GitHub may not know the commit yet: %w", errors.New(err.Error())))
	}
	return err
}
