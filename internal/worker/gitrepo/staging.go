// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrNotStaged says that git cannot add something that is in the checkout.
var ErrNotStaged = errors.New("git cannot add what was left in the checkout")

// OpenNested makes plain directories of repositories that somebody made or cloned into the checkout, and returns them:
// as links to commits that exist nowhere else their files would be lost. What git ignores is left alone: tools keep
// repositories in their caches.
func (w *WorkTree) OpenNested(ctx context.Context) ([]string, error) {
	root, err := os.OpenRoot(w.git.tree)
	if err != nil {
		return nil, fmt.Errorf("looking for nested repositories: %w", err)
	}
	defer func() { _ = root.Close() }()
	var all []string
	// One may be within another, and is seen only when that is open.
	for range 10 {
		// git goes into every directory but one that is a repository.
		var found directories
		if _, err := w.git.do(ctx, call{args: []string{"ls-files", "-z", "--others", "--exclude-standard"}, output: &found}); err != nil {
			return all, err
		}
		if len(found.names) == 0 {
			break
		}
		for _, name := range found.names {
			if err := root.RemoveAll(filepath.Join(filepath.FromSlash(name), ".git")); err != nil {
				return all, fmt.Errorf("%w: %s is a repository of its own (%w)", ErrNotStaged, name, err)
			}
			all = append(all, name)
		}
	}
	return all, nil
}

// directories keeps those of many paths, each ended by a zero byte, that end with a slash.
type directories struct {
	names []string
	path  []byte
}

// Write implements io.Writer.
func (d *directories) Write(p []byte) (int, error) {
	for _, b := range p {
		if b != 0 {
			d.path = append(d.path, b)
			continue
		}
		if bytes.HasSuffix(d.path, []byte("/")) {
			d.names = append(d.names, string(d.path))
		}
		d.path = d.path[:0]
	}
	return len(p), nil
}

// Stage adds all changes of the checkout to the index, and returns its tree and the paths that differ from HEAD.
// ErrNotStaged is the fault of what is there.
func (w *WorkTree) Stage(ctx context.Context) (tree string, changed []string, err error) {
	_, err = w.git.run(ctx, "add", "--all", "--", ".")
	switch {
	case err == nil:
		return w.staged(ctx)
	case ctx.Err() != nil || exitCodeOf(err) < 0:
		return "", nil, err // git was ended, or never began: that is nothing that the agent left
	}
	return "", nil, fmt.Errorf("%w (%w)", ErrNotStaged, err)
}

// StageAnyway is Stage for a tree that is only looked at: what git cannot add is left out.
func (w *WorkTree) StageAnyway(ctx context.Context) (tree string, changed []string, err error) {
	_, _ = w.git.run(ctx, "add", "--all", "--ignore-errors", "--", ".")
	return w.staged(ctx)
}

// staged is what is in the index.
func (w *WorkTree) staged(ctx context.Context) (tree string, changed []string, err error) {
	if err := w.dropNested(ctx); err != nil {
		return "", nil, err
	}
	if tree, err = w.git.line(ctx, "write-tree"); err != nil {
		return "", nil, err
	}
	changed, err = w.git.changedPaths(ctx, "HEAD", tree)
	return tree, changed, err
}

// dropNested removes repositories that are still in the checkout from the index: as links to commits that exist nowhere
// else they would break everybody's checkout.
func (w *WorkTree) dropNested(ctx context.Context) error {
	out, err := w.git.run(ctx, "diff-index", "--cached", "-z", "--raw", "--no-renames", "HEAD", "--")
	if err != nil {
		return err
	}
	fields := splitZero(out)
	for n := 0; n+1 < len(fields); n += 2 {
		modes := strings.Fields(fields[n])
		if len(modes) < 5 || modes[1] != "160000" || modes[0] == ":160000" {
			continue
		}
		if _, err := w.git.run(ctx, "rm", "--cached", "--quiet", "-f", "--", ":(literal)"+fields[n+1]); err != nil {
			return err
		}
	}
	return nil
}
