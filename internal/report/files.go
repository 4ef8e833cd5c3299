// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Bounds of what is read of a repository.
const (
	// maxFileBytes is the longest report that is read. The XML and JSON of tens of thousands of tests is shorter.
	maxFileBytes = 64 << 20
	maxFiles     = 500
	// maxEntries bounds how many directory entries a search looks at, maxDepth how deep ** goes.
	maxEntries = 200_000
	maxDepth   = 12
	// clockSlack is how far a file's time may lie before the run's start: kernels stamp files with a clock that only
	// moves at each tick.
	clockSlack = 50 * time.Millisecond
)

// file is a report that was found.
type file struct {
	name string
	data []byte
}

// finder looks for files below a root, never outside.
type finder struct {
	root    *os.Root
	since   time.Time
	entries int
	seen    map[string]bool
	files   []file
	ignored []string
}

// find reads the files that match any of the patterns, in the patterns' order. A configured path that names a file
// which cannot be read is an error; a pattern that matches nothing is not.
func find(rootDir string, patterns []string, since time.Time) (*finder, error) {
	root, err := os.OpenRoot(rootDir)
	if err != nil {
		return nil, fmt.Errorf("opening the repository: %w", err)
	}
	defer func() { _ = root.Close() }()
	f := &finder{root: root, since: since, seen: map[string]bool{}}
	for _, p := range patterns {
		clean := path.Clean(p)
		if !fs.ValidPath(clean) {
			return nil, fmt.Errorf("%w: the path %q leaves the repository; use one relative to it", ErrNotMeasured, p)
		}
		if err := f.match(".", strings.Split(clean, "/"), 0); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// match follows a pattern's segments from a directory.
func (f *finder) match(dir string, segments []string, depth int) error {
	segment, rest := segments[0], segments[1:]
	if !strings.ContainsAny(segment, "*?[") {
		if len(rest) > 0 {
			return f.match(path.Join(dir, segment), rest, depth)
		}
		return f.read(path.Join(dir, segment))
	}
	if segment == "**" {
		// It stands for no directory as well as for many.
		if len(rest) == 0 {
			rest = []string{"*"}
		}
		if err := f.match(dir, rest, depth); err != nil {
			return err
		}
	}
	for _, e := range f.list(dir) {
		name := e.Name()
		var err error
		switch {
		case segment == "**":
			if e.IsDir() && name != "node_modules" && name != ".git" && depth < maxDepth {
				err = f.match(path.Join(dir, name), segments, depth+1)
			}
		case !matches(segment, name):
		case len(rest) > 0:
			if e.IsDir() {
				err = f.match(path.Join(dir, name), rest, depth)
			}
		case e.Type().IsRegular():
			err = f.read(path.Join(dir, name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// list is a directory's entries by name. A directory that is not there has none.
func (f *finder) list(dir string) []fs.DirEntry {
	d, err := f.root.Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = d.Close() }()
	left := maxEntries - f.entries
	if left <= 0 {
		return nil
	}
	entries, err := d.ReadDir(left)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	f.entries += len(entries)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries
}

// read reads one file, if it is there and of this run.
func (f *finder) read(name string) error {
	if f.seen[name] {
		return nil
	}
	f.seen[name] = true
	if len(f.files) >= maxFiles {
		return fmt.Errorf("%w: more than %d reports were found; name the ones that count", ErrNotMeasured, maxFiles)
	}
	// Without O_NONBLOCK a named pipe in the place of a report would be waited for for ever.
	in, err := f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: opening the report %q: %w", ErrNotMeasured, name, err)
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return fmt.Errorf("%w: opening the report %q: %w", ErrNotMeasured, name, err)
	}
	switch {
	case !info.Mode().IsRegular():
		f.ignore(name, "is not a regular file")
		return nil
	case info.ModTime().Add(clockSlack).Before(f.since):
		f.ignore(name, "is older than this run")
		return nil
	}
	data, err := readBounded(in)
	if err != nil {
		return fmt.Errorf("%w: reading the report %q: %w", ErrNotMeasured, name, err)
	}
	f.files = append(f.files, file{name: name, data: data})
	return nil
}

func (f *finder) ignore(name, why string) {
	f.ignored = append(f.ignored, fmt.Sprintf("%s %s", name, why))
}

// errTooLong is what a file gives that is no report anybody could want to read.
var errTooLong = fmt.Errorf("it is longer than %d bytes", maxFileBytes)

// readBounded reads a whole file, or fails if it is too long.
func readBounded(in io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFileBytes {
		return nil, errTooLong
	}
	return data, nil
}
