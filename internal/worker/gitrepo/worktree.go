// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import "context"

// WorkTree is the checkout: what git reads from it and writes into it, the view of the repository in it, and single
// files. Its content is somebody else's.
type WorkTree struct {
	git    git
	branch string
}

// Dir is where it is.
func (w *WorkTree) Dir() string { return w.git.tree }

// Reset brings branch, index and checkout to a commit. Files that git does not know stay.
func (w *WorkTree) Reset(ctx context.Context, commit string) error {
	for _, args := range [][]string{
		{"update-ref", branchRef(w.branch), commit},
		{"symbolic-ref", "HEAD", branchRef(w.branch)},
		{"read-tree", "--reset", "-u", commit},
	} {
		if _, err := w.git.run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// Snapshot adds all files of a checkout that has no commit yet to the index, and returns its tree.
func (w *WorkTree) Snapshot(ctx context.Context) (tree string, err error) {
	if _, err := w.git.run(ctx, "symbolic-ref", "HEAD", branchRef(w.branch)); err != nil {
		return "", err
	}
	if _, err := w.git.run(ctx, "add", "--all", "--", "."); err != nil {
		return "", err
	}
	return w.git.line(ctx, "write-tree")
}
