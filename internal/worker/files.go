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
	"syscall"
)

// maxSpecFile is the largest file of a spec that is read, in bytes.
const maxSpecFile = 1 << 20

// errIrregular says that a path leads to no file: a directory, a pipe, a socket, a device.
var errIrregular = errors.New("is not a regular file")

// errLink says that a path leads over a symbolic link.
var errLink = errors.New("is a symbolic link, or lies behind one; put the file itself into the repository")

// readTree reads a file of the checkout, by a slash-separated path relative to it. The checkout is somebody else's: a
// link in it could lead to the worker's own files, and a named pipe is waited for without end.
func (j *job) readTree(name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(j.repo.tree)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	switch info, err := plainPath(root, name); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errIrregular
	}
	// It may be a pipe by now: one that is opened so is not waited for.
	file, err := root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errIrregular
	case info.Size() > limit:
		return nil, fmt.Errorf("has %d bytes; at most %d are read", info.Size(), limit)
	}
	return io.ReadAll(io.LimitReader(file, limit))
}

// nextSuffix is behind the name of a file that is about to take another's place.
const nextSuffix = ".kiro-worker-next"

// writeTree replaces a file of the checkout, under the same rules. The new one takes the old one's place as a whole:
// nothing is written into what somebody else may have linked to, or made a pipe.
func (j *job) writeTree(name string, text []byte) error {
	root, err := os.OpenRoot(j.repo.tree)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	mode := fs.FileMode(0o644)
	switch info, err := plainPath(root, name); {
	case err == nil && info.Mode().IsRegular():
		mode = info.Mode().Perm()
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	place := filepath.FromSlash(name)
	if err := root.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	next := place + nextSuffix
	if err := root.RemoveAll(next); err != nil {
		return err
	}
	if err := writeNext(root, next, text, mode); err != nil {
		return err
	}
	if err := root.Rename(next, place); err != nil {
		return errors.Join(err, root.Remove(next))
	}
	return nil
}

func writeNext(root *os.Root, name string, text []byte, mode fs.FileMode) error {
	// Exclusively: what somebody puts there meanwhile is not written into.
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// plainPath says what lies at a path. It refuses one that leads out of the root or over a link.
func plainPath(root *os.Root, name string) (fs.FileInfo, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(name, `\`) {
		return nil, errors.New("leads out of the repository")
	}
	at, info := "", fs.FileInfo(nil)
	for part := range strings.SplitSeq(path.Clean(name), "/") {
		at = path.Join(at, part)
		var err error
		if info, err = root.Lstat(filepath.FromSlash(at)); err != nil {
			return nil, err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return nil, errLink
		}
	}
	return info, nil
}
