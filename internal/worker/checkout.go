// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// fetchTimeout is how long one fetch may take. It changes nothing outside.
const fetchTimeout = 15 * time.Minute

// checkoutStage fetches the branch and puts it where the agent works. The branch must be at the commit that was
// accepted, or descend from it: nobody has approved anything else.
type checkoutStage struct {
	space      workspace
	repo       *gitrepo.Repository
	remote     *gitrepo.Remote
	retry      retrier
	repository string            // "owner/name"
	accepted   string            // the commit
	rules      forge.BranchRules // nil where there is no forge
	// defaults reads what the default branch says.
	defaults defaultReader
	clock    clock.PassiveClock
}

func (c checkoutStage) run(ctx context.Context, s *State) error {
	c.noteSeparation(ctx, s)
	if err := c.repo.Create(ctx); err != nil {
		return err
	}
	if c.space.local {
		return c.snapshot(ctx, s)
	}
	var name *gitrepo.BranchNameError
	if err := c.repo.CheckBranchName(ctx); errors.As(err, &name) {
		return failed(contract.OutcomeCheckoutFailed, err)
	} else if err != nil {
		return err
	}
	head, err := c.fetch(ctx)
	if err != nil {
		return err
	}
	ok, err := c.repo.Descends(ctx, c.accepted, head)
	switch {
	case err != nil:
		return err
	case !ok:
		return failedf(contract.OutcomeCheckoutFailed, "the branch %s was rewritten: its head %.12s does not descend from %.12s, which was accepted; "+
			"move the card away and back to have the new head accepted", c.repo.Branch(), head, c.accepted)
	}
	if err := c.mayPush(ctx, head); err != nil {
		return err
	}
	if err := c.checkRules(ctx); err != nil {
		return err
	}
	if err := c.defaults.read(ctx); err != nil {
		return err
	}
	if err := c.space.tree.Reset(ctx, head); err != nil {
		return err
	}
	if s.Tree, err = c.repo.HeadTree(ctx); err != nil {
		return err
	}
	s.Base, s.Result.Commit = head, head
	logOf(ctx).Info("Branch checked out", keyCommit, head)
	return c.space.handOver(ctx)
}

// noteSeparation finds out whether agent and tests can run as another user than the worker, and says so where they
// cannot.
func (c checkoutStage) noteSeparation(ctx context.Context, s *State) {
	user := c.space.sandbox.User()
	credential, off := c.space.sandbox.Credential()
	if credential != nil {
		s.Separation = fmt.Sprintf("on: user %s (%d)", user, credential.UID)
		logOf(ctx).Info("Agent and tests run as another user than the worker", keyUser, user)
	} else {
		s.Separation = "off: " + off
		s.note("Agent and tests ran as the worker's own user: %s.", off)
		logging.Warn(logOf(ctx), "Agent and tests run as the worker's own user", keyReason, off)
	}
}

// fetch brings the branch, and nothing but the branch, and returns its head.
func (c checkoutStage) fetch(ctx context.Context) (string, error) {
	err := c.retry.do(ctx, "fetch", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
		defer cancel()
		server, err := c.repo.Connect(ctx, *c.remote)
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
		return "", fmt.Errorf("fetching branch %s of %s: %w", c.repo.Branch(), c.repository, err)
	}
	return c.repo.Tracked(ctx)
}

// mayPush finds out whether the work can be pushed before the agent is paid for it.
func (c checkoutStage) mayPush(ctx context.Context, head string) error {
	err := c.retry.do(ctx, "asking whether the branch can be pushed to", func(ctx context.Context) error {
		server, err := c.repo.Connect(ctx, *c.remote)
		if err != nil {
			return err
		}
		defer server.Close()
		return server.MayPush(ctx, head)
	})
	switch fault.CodeOf(err) {
	case fault.CodeUnauthorized, fault.CodeAccessDenied, fault.CodeNotFound:
		return fmt.Errorf("the git credentials may read %s and not push to it, so no task was begun: %w", c.repository, err)
	}
	// Anything else, such as a branch that somebody moves meanwhile, is found out by the push itself.
	if err != nil {
		logOf(ctx).Info("Whether the branch can be pushed to is not known", keyReason, c.retry.clean(err.Error()))
	}
	return ctx.Err()
}

// snapshot makes a developer's checkout, as it is, the commit to begin with. Only the worker's own git directory is
// written.
func (c checkoutStage) snapshot(ctx context.Context, s *State) error {
	tree, err := c.space.tree.Snapshot(ctx)
	if err != nil {
		return err
	}
	head, err := c.repo.Commit(ctx, tree, "The checkout as it was", c.clock.Now())
	if err != nil {
		return err
	}
	s.Base, s.Result.Commit, s.Tree = head, head, tree
	return nil
}
