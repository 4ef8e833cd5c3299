// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// lfsPointer is how the text begins that stands for a file of Git LFS.
const lfsPointer = "version https://git-lfs.github.com/spec/"

// RawLFS are those of some paths of a tree that Git LFS is to keep, by the attributes that are staged, and that would be
// committed as they are: the server would have them for ever, and every clone would find them changed. A pointer is what is
// to be there.
func (w *WorkTree) RawLFS(ctx context.Context, tree string, paths []string) ([]string, error) {
	kept, err := w.lfsPaths(ctx, paths)
	if err != nil || len(kept) == 0 {
		return nil, err
	}
	var raw []string
	// As many at a time as fit into a command's arguments.
	const together = 100
	for names := range slices.Chunk(kept, together) {
		out, err := w.own.run(ctx, append([]string{"--literal-pathspecs", "ls-tree", "-z", "--full-tree", tree, "--"}, names...)...)
		if err != nil {
			return nil, err
		}
		for _, entry := range splitZero(out) {
			meta, name, _ := strings.Cut(entry, "\t")
			fields := strings.Fields(meta) // mode, type, id
			if len(fields) != 3 || !strings.HasPrefix(fields[0], "100") {
				continue
			}
			pointer, err := w.isPointer(ctx, fields[2])
			if err != nil {
				return nil, err
			}
			if !pointer {
				raw = append(raw, name)
			}
		}
	}
	return raw, nil
}

// lfsPaths are the paths that Git LFS is to keep.
func (w *WorkTree) lfsPaths(ctx context.Context, paths []string) ([]string, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	out, err := w.git.do(ctx, call{
		args:  []string{"check-attr", "--cached", "-z", "--stdin", "filter"},
		input: strings.NewReader(strings.Join(paths, "\x00") + "\x00"),
	})
	if err != nil {
		return nil, fmt.Errorf("reading the attributes of what was changed: %w", err)
	}
	var kept []string
	// Path, attribute and value in turn.
	for fields := splitZero(out); len(fields) >= 3; fields = fields[3:] {
		if fields[2] == "lfs" {
			kept = append(kept, fields[0])
		}
	}
	return kept, nil
}

// isPointer reports whether an object is a pointer of Git LFS.
func (w *WorkTree) isPointer(ctx context.Context, id string) (bool, error) {
	const longest = 1024
	text, err := w.own.line(ctx, "cat-file", "-s", id)
	if err != nil {
		return false, err
	}
	if size, err := strconv.Atoi(text); err != nil || size > longest {
		return false, nil //nolint:nilerr // what has no size that is short is none
	}
	text, err = w.own.run(ctx, "cat-file", "blob", id)
	return strings.HasPrefix(text, lfsPointer), err
}
