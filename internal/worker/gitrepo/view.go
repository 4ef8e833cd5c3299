// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxIndex bounds the index that is shown, in bytes: about a million files.
const maxIndex = 256 << 20

// Show gives the checkout a .git to look at: HEAD, the branch, an index, and the worker's objects to read. It replaces
// the last one, so whatever was written into that is gone. It is made where only the worker can write, and then takes
// its place as a whole: nothing that somebody puts into the checkout meanwhile is written through.
func (w *WorkTree) Show(ctx context.Context) error {
	head, err := w.own.commitOf(ctx, "HEAD")
	if err != nil {
		return err
	}
	index, err := w.readIndex()
	if err != nil {
		return fmt.Errorf("showing the repository: %w", err)
	}
	files := map[string]string{
		"HEAD":                    "ref: " + branchRef(w.branch) + "\n",
		"config":                  gitConfig,
		"objects/info/alternates": filepath.Join(w.own.dir, "objects") + "\n",
		branchRef(w.branch):       head + "\n",
		"info/exclude":            excluded,
	}
	if index != nil {
		files["index"] = string(index)
	}
	if err := w.putView(files); err != nil {
		return fmt.Errorf("showing the repository: %w", err)
	}
	return nil
}

func (w *WorkTree) putView(files map[string]string) error {
	next := w.git.dir + ".view"
	if err := os.RemoveAll(next); err != nil {
		return err
	}
	if err := writeAll(next, files); err != nil {
		return err
	}
	root, err := os.OpenRoot(w.git.tree)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.RemoveAll(".git"); err != nil {
		return err
	}
	// The checkout's own name is in a directory of the worker's, and a rename follows no link at its end.
	return os.Rename(next, filepath.Join(w.git.tree, ".git"))
}

// readIndex is the staging directory's index; nil if there is none. It is that directory's user's, and only shown.
func (w *WorkTree) readIndex() ([]byte, error) {
	root, err := os.OpenRoot(w.git.dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	file, err := root.OpenFile("index", os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || linked(info) || info.Size() > maxIndex:
		return nil, errIrregular
	}
	return io.ReadAll(io.LimitReader(file, maxIndex))
}
