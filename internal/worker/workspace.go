// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"os"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/sandbox"
)

// workspace is where setup, agent and tests work: the checkout, and the user that they run as.
type workspace struct {
	tree    *gitrepo.WorkTree
	sandbox *sandbox.Sandbox
	// local: the checkout is a developer's own, and is used as it is.
	local bool
}

// handOver gives the checkout, with a fresh view of the repository, to whoever works in it. Nobody is at work in it before.
func (w workspace) handOver(ctx context.Context) error {
	if w.local {
		return nil
	}
	if err := w.sandbox.EndAll(); err != nil {
		return err
	}
	if err := w.tree.Show(ctx); err != nil {
		return err
	}
	return w.sandbox.GiveTree()
}

// fresh makes the checkout anew from a commit: what is in it belongs to others, and nothing of them is to stay. What was
// installed in it is gone.
func (w workspace) fresh(ctx context.Context, s *State, commit string) error {
	if err := w.sandbox.EndAll(); err != nil {
		return err
	}
	if err := w.sandbox.Forget(); err != nil {
		return err
	}
	if err := os.RemoveAll(w.tree.Dir()); err != nil {
		return fmt.Errorf("making a checkout: %w", err)
	}
	if err := w.tree.Create(); err != nil {
		return err
	}
	if err := w.tree.Fill(ctx, commit); err != nil {
		return fmt.Errorf("making a checkout: %w", err)
	}
	s.SetupHash = ""
	return nil
}
