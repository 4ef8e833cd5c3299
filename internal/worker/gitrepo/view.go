// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Show gives the checkout a .git to look at: HEAD, the branch, an index, and the worker's objects to read. It replaces
// the last one, so whatever was written into that is gone.
func (w *WorkTree) Show(ctx context.Context) error {
	head, err := w.git.commitOf(ctx, "HEAD")
	if err != nil {
		return err
	}
	view := filepath.Join(w.git.tree, ".git")
	if err := os.RemoveAll(view); err != nil {
		return fmt.Errorf("showing the repository: %w", err)
	}
	files := map[string]string{
		"HEAD":                    "ref: " + branchRef(w.branch) + "\n",
		"config":                  "[core]\n\trepositoryformatversion = 0\n\tbare = false\n[gc]\n\tauto = 0\n",
		"objects/info/alternates": filepath.Join(w.git.dir, "objects") + "\n",
		branchRef(w.branch):       head + "\n",
		"info/exclude":            excluded,
	}
	for name, text := range files {
		if err := writeNew(filepath.Join(view, name), []byte(text)); err != nil {
			return err
		}
	}
	index, err := os.ReadFile(filepath.Join(w.git.dir, "index"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("showing the repository: %w", err)
	}
	return writeNew(filepath.Join(view, "index"), index)
}
