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
	// Submodule: it is, or was, a link to another repository's commit.
	Submodule bool
}

// Changes are the files that differ between two commits, with their lines.
func (r *Repository) Changes(ctx context.Context, from, to string) ([]Change, error) {
	out, err := r.git.run(ctx, "diff-tree", "-r", "-z", "--raw", "--numstat", "--no-renames", "--end-of-options", from, to)
	if err != nil {
		return nil, err
	}
	// First come two fields for each file, its modes and its path, then one for each, its lines and its path.
	var all []Change
	submodules := map[string]bool{}
	fields := splitZero(out)
	for n := 0; n < len(fields); n++ {
		if modes, raw := strings.CutPrefix(fields[n], ":"); raw && n+1 < len(fields) {
			n++
			submodules[fields[n]] = strings.Contains(modes[:min(len(modes), len("160000 160000"))], "160000")
			continue
		}
		parts := strings.SplitN(fields[n], "\t", 3)
		if len(parts) == 3 {
			all = append(all, Change{Path: parts[2], Added: lineCount(parts[0]), Removed: lineCount(parts[1]), Submodule: submodules[parts[2]]})
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
