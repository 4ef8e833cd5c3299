// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

// Change is how many lines a file gained and lost.
type Change struct {
	Path           string
	Added, Removed int // -1 for a binary file
}

// Changes are the files that differ between two commits, with their lines.
func (r *Repository) Changes(ctx context.Context, from, to string) ([]Change, error) {
	out, err := r.git.run(ctx, "diff-tree", "-r", "-z", "--numstat", "--no-renames", "--end-of-options", from, to)
	if err != nil {
		return nil, err
	}
	var all []Change
	for _, entry := range splitZero(out) {
		parts := strings.SplitN(entry, "\t", 3)
		if len(parts) == 3 {
			all = append(all, Change{Path: parts[2], Added: lineCount(parts[0]), Removed: lineCount(parts[1])})
		}
	}
	return all, nil
}

func lineCount(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// ChangedPaths are the paths that differ between two trees.
func (r *Repository) ChangedPaths(ctx context.Context, from, to string) ([]string, error) {
	return r.git.changedPaths(ctx, from, to)
}

func (g git) changedPaths(ctx context.Context, from, to string) ([]string, error) {
	out, err := g.run(ctx, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--end-of-options", from, to)
	if err != nil {
		return nil, err
	}
	return splitZero(out), nil
}

// WriteDiff writes the difference between two commits or trees, as a patch. It is not redacted.
func (r *Repository) WriteDiff(ctx context.Context, w io.Writer, from, to string) error {
	_, err := r.git.do(ctx, call{
		args:   []string{"diff-tree", "-p", "--no-color", "--no-ext-diff", "--no-textconv", "--end-of-options", from, to},
		output: w,
	})
	return err
}

// Scan looks through the lines, and the names of files, that a tree adds to HEAD. What was there before is not reported. Each call of
// newFinder returns a finder of known secrets for one file.
func (r *Repository) Scan(ctx context.Context, tree string, newFinder func() *redact.Finder) (Findings, error) {
	return r.scanFrom(ctx, "HEAD", tree, newFinder)
}

func (r *Repository) scanFrom(ctx context.Context, from, to string, newFinder func() *redact.Finder) (Findings, error) {
	scan := &diffScan{finder: newFinder}
	_, err := r.git.do(ctx, call{
		args:   []string{"diff-tree", "-p", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "--unified=0", "--no-renames", "--end-of-options", from, to},
		output: scan,
	})
	if err != nil {
		return Findings{}, err
	}
	scan.settle()
	return scan.found, nil
}
