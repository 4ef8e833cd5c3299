// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

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

// errIrregular says that a path leads to no file: a directory, a pipe, a socket, a device.
var errIrregular = errors.New("is not a regular file")

// errLink says that a path leads over a symbolic link.
var errLink = errors.New("is a symbolic link, or is behind one; put the file itself into the repository")

// ReadFile reads a file of the checkout of at most limit bytes, by a slash-separated path relative to it. An error does
// not repeat the path (see PlainError) and is fs.ErrNotExist if there is no file. The checkout is somebody else's: a link
// in it could lead to the worker's own files, and opening a named pipe would wait without end.
func (w *WorkTree) ReadFile(name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(w.git.tree)
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

// HasFile reports whether there is a regular file at a path of the checkout, whatever its length.
func (w *WorkTree) HasFile(name string) bool {
	root, err := os.OpenRoot(w.git.tree)
	if err != nil {
		return false
	}
	defer func() { _ = root.Close() }()
	info, err := plainPath(root, name)
	return err == nil && info.Mode().IsRegular()
}

// Bounds of a search by name.
const (
	maxNamed      = 1000
	maxNamedDepth = 8
	maxLooked     = 200_000
)

// Named are the paths of the checkout's files that have one of some names, in their order. What is installed is not looked at.
func (w *WorkTree) Named(names map[string]bool) []string {
	root, err := os.OpenRoot(w.git.tree)
	if err != nil {
		return nil
	}
	defer func() { _ = root.Close() }()
	var found []string
	looked := 0
	_ = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if looked++; looked > maxLooked || len(found) >= maxNamed {
			return fs.SkipAll
		}
		switch base := path.Base(name); {
		case err != nil || entry.IsDir() && (base == ".git" || base == "node_modules" || base == "vendor" || strings.Count(name, "/") >= maxNamedDepth):
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular() && names[base]:
			found = append(found, name)
		}
		return nil
	})
	return found
}

// nextSuffix is behind the name of a file that is about to take another's place.
const nextSuffix = ".kiro-worker-next"

// WriteFile replaces a file of the checkout, under the same rules. The new one takes the old one's place as a whole:
// nothing is written into what somebody else may have linked to, or made a pipe.
func (w *WorkTree) WriteFile(name string, text []byte) error {
	root, err := os.OpenRoot(w.git.tree)
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

// RemoveFile removes a file of the checkout, if there is one. No path leads out of the checkout.
func (w *WorkTree) RemoveFile(name string) error {
	root, err := os.OpenRoot(w.git.tree)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.Remove(filepath.FromSlash(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// PlainError is a file's error without the path that a system's error carries, for a message that names it already.
func PlainError(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// plainPath says what is at a path. It refuses one that leads out of the root or over a link.
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
