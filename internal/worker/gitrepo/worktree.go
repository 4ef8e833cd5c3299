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

// WorkTree is a checkout: what git reads from it and writes into it, the view of the repository in it, and single
// files. Its content is somebody else's. Every git command that touches it runs as a user of its own, on a git directory
// that only that user writes (the staging directory); what comes out of it, objects and names, is checked like what
// comes from a server.
type WorkTree struct {
	own    git // the worker's own git directory
	git    git // the staging directory
	branch string
	// tree is what the index holds, if that is known.
	tree string
}

// Dir is where it is.
func (w *WorkTree) Dir() string { return w.git.tree }

// excluded is what is never committed, beside the repository's own .gitignore: what installing dependencies and
// measuring leaves behind.
const excluded = "node_modules/\n.nyc_output/\n.kiro/agents/*.json.bak\nkiro-test-results/\n"

// stagingConfig and viewConfig say nothing that is not said to every command.
const gitConfig = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n[gc]\n\tauto = 0\n"

// Create makes the checkout's directory, and a staging directory for it. An older staging directory is removed.
func (w *WorkTree) Create() error {
	if err := os.MkdirAll(w.git.tree, 0o755); err != nil { //nolint:gosec // another user works in it
		return fmt.Errorf("making the checkout: %w", err)
	}
	if err := os.RemoveAll(w.git.dir); err != nil {
		return fmt.Errorf("making the checkout: %w", err)
	}
	files := map[string]string{"HEAD": "ref: refs/heads/staging\n", "config": gitConfig, "info/exclude": excluded, "refs/heads/.keep": ""}
	if w.git.objects == "" {
		files["objects/info/alternates"] = filepath.Join(w.own.dir, "objects") + "\n"
	}
	if err := writeAll(w.git.dir, files); err != nil {
		return fmt.Errorf("making the checkout: %w", err)
	}
	if w.git.user == nil {
		return nil
	}
	// From here on both are that user's, and the worker writes into neither.
	if err := os.Lchown(w.git.tree, int(w.git.user.UID), int(w.git.user.GID)); err != nil {
		return fmt.Errorf("making the checkout: %w", err)
	}
	return filepath.WalkDir(w.git.dir, func(name string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(name, int(w.git.user.UID), int(w.git.user.GID))) //nolint:gosec // nobody else can write there yet
	})
}

// writeAll makes a directory that nobody else can write, with files in it.
func writeAll(dir string, files map[string]string) error {
	for name, text := range files {
		place := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil { //nolint:gosec // another user reads it
			return err
		}
		if err := os.WriteFile(place, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Reset brings branch, index and checkout to a commit, before anybody else is given the checkout. Files that git does
// not know stay.
func (w *WorkTree) Reset(ctx context.Context, commit string) error {
	if err := w.adopt(ctx, commit); err != nil {
		return err
	}
	return w.Fill(ctx, commit)
}

// adopt makes a commit the branch's.
func (w *WorkTree) adopt(ctx context.Context, commit string) error {
	if _, err := w.own.run(ctx, "update-ref", branchRef(w.branch), commit); err != nil {
		return err
	}
	_, err := w.own.run(ctx, "symbolic-ref", "HEAD", branchRef(w.branch))
	return err
}

// Fill brings index and checkout to a commit, and leaves the branch alone.
func (w *WorkTree) Fill(ctx context.Context, commit string) error {
	w.tree = ""
	_, err := w.git.run(ctx, "read-tree", "--reset", "-u", commit)
	return err
}

// Snapshot adds all files of a checkout that has no commit yet to the index, and returns its tree.
func (w *WorkTree) Snapshot(ctx context.Context) (tree string, err error) {
	if _, err := w.own.run(ctx, "symbolic-ref", "HEAD", branchRef(w.branch)); err != nil {
		return "", err
	}
	if err := w.addAll(ctx, false); err != nil {
		return "", err
	}
	return w.bring(ctx)
}
