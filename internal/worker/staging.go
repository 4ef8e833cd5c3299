// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// stageWork takes what agent and setup left into the index. Repositories of their own among it lose their history: as
// links to commits that exist nowhere else their files would be lost.
func (j *job) stageWork(ctx context.Context) (tree string, changed []string, err error) {
	if j.options.LocalDir == "" {
		names, err := j.repo.openNested(ctx)
		if err != nil {
			return "", nil, err
		}
		for _, name := range names {
			j.state.note("%s was made a repository of its own; its files were taken in, its history was not.", j.clean(name))
		}
	}
	return j.repo.stage(ctx)
}

// errNotStaged says that git cannot take something in that lies in the work tree.
var errNotStaged = errors.New("git cannot take in what was left in the checkout")

// openNested makes plain directories of repositories that somebody made or cloned into the work tree, and returns
// them. What git ignores is left alone: tools keep repositories in their caches.
func (r *repository) openNested(ctx context.Context) ([]string, error) {
	root, err := os.OpenRoot(r.tree)
	if err != nil {
		return nil, fmt.Errorf("looking for nested repositories: %w", err)
	}
	defer func() { _ = root.Close() }()
	var all []string
	// One may lie within another, and is seen only when that is open.
	for range 10 {
		// git goes into every directory but one that is a repository.
		var found directories
		if _, err := r.do(ctx, call{args: []string{"ls-files", "-z", "--others", "--exclude-standard"}, output: &found}); err != nil {
			return all, err
		}
		if len(found.names) == 0 {
			break
		}
		for _, name := range found.names {
			if err := root.RemoveAll(filepath.Join(filepath.FromSlash(name), ".git")); err != nil {
				return all, fmt.Errorf("%w: %s is a repository of its own (%w)", errNotStaged, name, err)
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

// stage takes all changes of the work tree into the index, and returns its tree and the paths that differ from HEAD.
func (r *repository) stage(ctx context.Context) (tree string, changed []string, err error) {
	_, err = r.run(ctx, "add", "--all", "--", ".")
	switch {
	case err == nil:
		return r.staged(ctx)
	case ctx.Err() != nil || exitCodeOf(err) < 0:
		return "", nil, err // git was ended, or never began: that is nothing that the agent left
	}
	return "", nil, fmt.Errorf("%w (%w)", errNotStaged, err)
}

// stageAnyway is stage for a tree that is only looked at: what git cannot take in is left out.
func (r *repository) stageAnyway(ctx context.Context) (tree string, changed []string, err error) {
	_, _ = r.run(ctx, "add", "--all", "--ignore-errors", "--", ".")
	return r.staged(ctx)
}

// staged is what stands in the index.
func (r *repository) staged(ctx context.Context) (tree string, changed []string, err error) {
	if err := r.dropNested(ctx); err != nil {
		return "", nil, err
	}
	if tree, err = r.line(ctx, "write-tree"); err != nil {
		return "", nil, err
	}
	changed, err = r.changed(ctx, "HEAD", tree)
	return tree, changed, err
}

// changed are the paths that differ between two trees.
func (r *repository) changed(ctx context.Context, from, to string) ([]string, error) {
	out, err := r.run(ctx, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--end-of-options", from, to)
	if err != nil {
		return nil, err
	}
	return splitZero(out), nil
}

// dropNested takes repositories that are in the checkout still out of the index: as links to commits that exist
// nowhere else they would break everybody's checkout.
func (r *repository) dropNested(ctx context.Context) error {
	out, err := r.run(ctx, "diff-index", "--cached", "-z", "--raw", "--no-renames", "HEAD", "--")
	if err != nil {
		return err
	}
	fields := splitZero(out)
	for n := 0; n+1 < len(fields); n += 2 {
		modes := strings.Fields(fields[n])
		if len(modes) < 5 || modes[1] != "160000" || modes[0] == ":160000" {
			continue
		}
		if _, err := r.run(ctx, "rm", "--cached", "--quiet", "-f", "--", ":(literal)"+fields[n+1]); err != nil {
			return err
		}
	}
	return nil
}

func splitZero(out string) []string {
	out = strings.TrimSuffix(out, "\x00")
	if out == "" {
		return nil
	}
	return strings.Split(out, "\x00")
}
