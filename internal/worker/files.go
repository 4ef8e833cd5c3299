// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxSpecFile is the largest file of a spec that is read, in bytes.
const maxSpecFile = 1 << 20

// errLink says that a path leads over a symbolic link.
var errLink = errors.New("is a symbolic link, or lies behind one; put the file itself into the repository")

// readTree reads a file of the checkout, by a slash-separated path relative to it. The checkout is somebody else's: a
// link in it could lead to the worker's own files.
func (j *job) readTree(name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(j.repo.tree)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	if err := plainPath(root, name); err != nil {
		return nil, err
	}
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("is not a regular file")
	case info.Size() > limit:
		return nil, fmt.Errorf("has %d bytes; at most %d are read", info.Size(), limit)
	}
	return io.ReadAll(io.LimitReader(file, limit))
}

// writeTree replaces a file of the checkout, under the same rules.
func (j *job) writeTree(name string, text []byte) error {
	root, err := os.OpenRoot(j.repo.tree)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := plainPath(root, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := root.MkdirAll(filepath.FromSlash(path.Dir(name)), 0o755); err != nil {
		return err
	}
	return root.WriteFile(filepath.FromSlash(name), text, 0o644)
}

// plainPath refuses a path that leads out of the root or over a link.
func plainPath(root *os.Root, name string) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(name, `\`) {
		return errors.New("leads out of the repository")
	}
	at := ""
	for part := range strings.SplitSeq(path.Clean(name), "/") {
		at = path.Join(at, part)
		info, err := root.Lstat(filepath.FromSlash(at))
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return errLink
		}
	}
	return nil
}
