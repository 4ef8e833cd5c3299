// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// fetchTimeout is how long one fetch may take. It touches nothing outside.
const fetchTimeout = 15 * time.Minute

// checkout fetches the branch and puts it where the agent works. The branch must be at the commit that was accepted,
// or descend from it: on anything else nobody has looked.
func checkout(ctx context.Context, j *job) error {
	j.noteSeparation(ctx)
	if j.options.LocalDir != "" {
		return j.snapshot(ctx)
	}
	if err := j.repo.Create(ctx); err != nil {
		return err
	}
	var name *gitrepo.BranchNameError
	if err := j.repo.CheckBranchName(ctx); errors.As(err, &name) {
		return failed(contract.OutcomeCheckoutFailed, err)
	} else if err != nil {
		return err
	}
	head, err := j.fetch(ctx)
	if err != nil {
		return err
	}
	pinned := j.parameters.Commit
	ok, err := j.repo.Descends(ctx, pinned, head)
	switch {
	case err != nil:
		return err
	case !ok:
		return failedf(contract.OutcomeCheckoutFailed, "the branch %s was rewritten: its head %.12s does not descend from %.12s, which was accepted; "+
			"move the card away and back to have the new head accepted", j.repo.Branch(), head, pinned)
	}
	if err := j.tree.Reset(ctx, head); err != nil {
		return err
	}
	j.state.Base, j.state.Result.Commit = head, head
	logOf(ctx).Info("Branch checked out", keyCommit, head)
	return j.hand(ctx)
}

// noteSeparation finds out whether agent and tests can run as another user than the worker, and says so where they
// cannot.
func (j *job) noteSeparation(ctx context.Context) {
	c, off := j.sandbox.Credential()
	if c != nil {
		j.state.Separation = fmt.Sprintf("on: user %s (%d)", j.sandbox.User(), c.UID)
		logOf(ctx).Info("Agent and tests run as another user than the worker", keyUser, j.sandbox.User())
	} else {
		j.state.Separation = "off: " + off
		j.state.note("Agent and tests ran as the worker's own user: %s.", off)
		logOf(ctx).Info("Agent and tests run as the worker's own user", keyReason, off)
	}
}

// fetch brings the branch, and nothing but the branch, and returns its head.
func (j *job) fetch(ctx context.Context) (string, error) {
	remote := j.remote()
	err := j.retry(ctx, j.parameters.Settings.RetryGit.Or(contract.RetryGit), "fetch", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
		defer cancel()
		server, err := j.repo.Connect(ctx, remote)
		if err != nil {
			return err
		}
		defer server.Close()
		return server.FetchBranch(ctx)
	})
	if errors.Is(err, gitrepo.ErrBranchGone) {
		return "", failed(contract.OutcomeCheckoutFailed, err)
	}
	if err != nil {
		return "", fmt.Errorf("fetching branch %s of %s: %w", j.repo.Branch(), j.parameters.Repository, err)
	}
	return j.repo.Tracked(ctx)
}

// snapshot takes a developer's checkout as it is for the beginning. Only the worker's own git directory is written.
func (j *job) snapshot(ctx context.Context) error {
	if err := j.repo.Create(ctx); err != nil {
		return err
	}
	tree, err := j.tree.Snapshot(ctx)
	if err != nil {
		return err
	}
	head, err := j.repo.Commit(ctx, tree, "The checkout as it was", j.clock.Now())
	if err != nil {
		return err
	}
	j.state.Base, j.state.Result.Commit = head, head
	return nil
}

// hand gives the work tree, with a fresh view of the repository, to whoever works in it.
func (j *job) hand(ctx context.Context) error {
	if j.options.LocalDir != "" {
		return nil
	}
	if err := j.tree.Show(ctx); err != nil {
		return err
	}
	return j.sandbox.GiveTree()
}

// commitWork commits what changed in the work tree and pushes it, if anything did. It returns the paths.
func (j *job) commitWork(ctx context.Context, message string) (paths []string, err error) {
	tree, paths, err := j.tree.Stage(ctx)
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	if err := j.checkSecrets(ctx, tree); err != nil {
		return nil, err
	}
	commit, err := j.repo.Commit(ctx, tree, message, j.clock.Now())
	if err != nil {
		return nil, err
	}
	if err := j.push(ctx, commit); err != nil {
		// It is on no branch but the worker's own, which ends with the build: the diff must show it.
		j.state.Unfinished = commit
		j.save()
		return nil, err
	}
	j.state.Result.Commit = commit
	j.save()
	logOf(ctx).Info("Work committed", keyCommit, commit, keyFiles, len(paths))
	return paths, nil
}

// trailers name where a commit comes from.
func (j *job) trailers() string {
	return fmt.Sprintf("Kiro-Work-Item: %s\nKiro-Attempt: %d\nKiro-Correlation-Id: %s\n",
		j.parameters.WorkItem, j.parameters.Attempt, j.parameters.CorrelationID)
}
