// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// maxImport bounds what one staging may bring, in bytes. A server refuses less.
const maxImport = 4 << 30

// objectID is an object's id as git writes it.
var objectID = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

// bring writes the index as a tree, brings that and what is new in it into the worker's own git directory, and returns it.
func (w *WorkTree) bring(ctx context.Context) (tree string, err error) {
	if w.tree != "" {
		return w.tree, nil
	}
	if tree, err = w.git.line(ctx, "write-tree"); err != nil {
		return "", err
	}
	if !objectID.MatchString(tree) {
		return "", fmt.Errorf("%w: git names no tree", ErrNotStaged)
	}
	if w.git.user != nil {
		if err := w.importTree(ctx, tree); err != nil {
			return "", err
		}
	}
	w.tree = tree
	return tree, nil
}

// importTree brings a tree of the staging directory as from a server: as a stream of objects that are checked. The
// worker's git opens nothing that another user can write.
func (w *WorkTree) importTree(ctx context.Context, tree string) error {
	from, to, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("bringing what was staged: %w", err)
	}
	sent := make(chan error, 1)
	go func() {
		_, err := w.git.do(ctx, call{
			args: []string{"-c", "pack.compression=0", "pack-objects", "--quiet", "--revs", "--local", "--window=0", "--stdout"}, output: to,
			input: strings.NewReader(tree + "\n"),
		})
		sent <- errors.Join(err, to.Close())
	}()
	_, err = w.own.do(ctx, call{
		args: []string{"unpack-objects", "-q", "--strict", "--max-input-size=" + strconv.Itoa(maxImport)}, input: from,
	})
	err = errors.Join(err, from.Close(), <-sent)
	if err == nil {
		_, err = w.own.run(ctx, "cat-file", "-e", tree+"^{tree}")
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: what was staged cannot be brought (%w)", ErrNotStaged, err)
	}
	return err
}

// without is a tree without some of its paths.
func (g git) without(ctx context.Context, tree string, names []string) (string, error) {
	index := filepath.Join(g.dir, "without.index")
	defer func() { _ = os.Remove(index) }()
	env := []string{"GIT_INDEX_FILE=" + index}
	for _, c := range []call{
		{args: []string{"read-tree", tree}, env: env},
		{args: []string{"update-index", "-z", "--force-remove", "--stdin"}, env: env, input: strings.NewReader(strings.Join(names, "\x00") + "\x00")},
	} {
		if _, err := g.do(ctx, c); err != nil {
			return "", err
		}
	}
	out, err := g.do(ctx, call{args: []string{"write-tree"}, env: env})
	return strings.TrimSpace(out), err
}
