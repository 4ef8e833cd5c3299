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
	// maxFiles is how many are read: Surefire writes one for each class. Each is forgotten once it is read.
	maxFiles = 20_000
	// maxBytes is how much is read of all of them together.
	maxBytes = 1 << 30
	// maxEntries bounds how many directory entries a search looks at, maxDepth how deep ** goes.
	maxEntries = 200_000
	maxDepth   = 12
	// clockSlack is how far a file's time may be before the run's start: kernels stamp files with a clock that only
	// moves at each tick.
	clockSlack = 50 * time.Millisecond
)

// file is a report that was found.
type file struct {
	name  string
	text  *text
	empty bool
	named bool // by itself, and not caught by a pattern
}

// finder looks for files below a root, never outside.
type finder struct {
	root    *os.Root
	entries int
	listed  map[string][]fs.DirEntry
	seen    map[string]bool
	// found is called with the name of each file that matches.
	found func(name string, named bool) error
	named bool // the pattern that is followed is a name
}

// find calls found for the files that match any of the patterns, in the patterns' order.
func find(rootDir string, patterns []string, found func(root *os.Root, name string, named bool) error) error {
	root, err := os.OpenRoot(rootDir)
	if err != nil {
		return fmt.Errorf("opening the repository: %w", err)
	}
	defer func() { _ = root.Close() }()
	f := &finder{root: root, seen: map[string]bool{}, listed: map[string][]fs.DirEntry{}, found: func(name string, named bool) error { return found(root, name, named) }}
	for _, p := range patterns {
		clean := path.Clean(p)
		if !fs.ValidPath(clean) {
			return fmt.Errorf("%w: the path %q leaves the repository; use one relative to it", ErrNotMeasured, p)
		}
		f.named = !strings.ContainsAny(clean, "*?[")
		if err := f.match(".", strings.Split(clean, "/"), 0); err != nil {
			return err
		}
	}
	return nil
}

// match follows a pattern's segments from a directory.
func (f *finder) match(dir string, segments []string, depth int) error {
	segment, rest := segments[0], segments[1:]
	if !strings.ContainsAny(segment, "*?[") {
		if len(rest) > 0 {
			return f.match(path.Join(dir, segment), rest, depth)
		}
		return f.report(path.Join(dir, segment))
	}
	if segment == "**" {
		// It means no directory as well as many.
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
		case name == "node_modules" || name == ".git":
			// Installed packages have reports of their own.
		case segment == "**":
			if e.IsDir() && depth < maxDepth {
				err = f.match(path.Join(dir, name), segments, depth+1)
			}
		case !matches(segment, name):
		case len(rest) > 0:
			if e.IsDir() {
				err = f.match(path.Join(dir, name), rest, depth)
			}
		case e.Type().IsRegular():
			err = f.report(path.Join(dir, name))
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
	entries, ok := f.listed[dir]
	if !ok {
		entries = f.readDir(dir)
		f.listed[dir] = entries
	}
	return entries
}

func (f *finder) readDir(dir string) []fs.DirEntry {
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

// report hands each file on once, whichever of the patterns match it.
func (f *finder) report(name string) error {
	if f.seen[name] {
		return nil
	}
	f.seen[name] = true
	return f.found(name, f.named)
}

// reader reads the reports of a run, one after the other: what a repository holds at once in memory is one file.
type reader struct {
	since      time.Time
	parse      func(file) error
	tooLong    func(name string, err error) error // nil fails
	configured bool                               // the patterns are a person's
	named      bool                               // the file that is read was named by itself
	files      int
	bytes      int64
	ignored    []string
}

// read hands one file to be parsed, if it is there and of this run. A file that cannot be read is an error, one that is
// not there is not.
func (r *reader) read(root *os.Root, name string, named bool) error {
	r.named = named
	// Without O_NONBLOCK a named pipe in the place of a report would be waited for for ever.
	in, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
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
		r.ignore(name, "is not a regular file")
		return nil
	case info.ModTime().Add(clockSlack).Before(r.since):
		if named || r.configured {
			r.ignore(name, "is older than this run")
		}
		return nil
	}
	if r.files, r.bytes = r.files+1, r.bytes+info.Size(); r.files > maxFiles || r.bytes > maxBytes {
		return fmt.Errorf("%w: more than %d reports, or more than %d MiB of them, were found; name the ones that count", ErrNotMeasured, maxFiles, maxBytes>>20)
	}
	if info.Size() > maxFileBytes {
		err := fmt.Errorf("%w: reading the report %q: %w", ErrNotMeasured, name, errTooLong)
		if r.tooLong != nil {
			return r.tooLong(name, err)
		}
		return err
	}
	// A file that grows while it is read is read no further than it was long.
	return r.parse(file{name: name, text: newText(io.NewSectionReader(in, 0, info.Size())), empty: info.Size() == 0, named: r.named})
}

func (r *reader) ignore(name, why string) {
	r.ignored = append(r.ignored, fmt.Sprintf("%s %s", name, why))
}

// errTooLong is what a file gives that is no report anybody could want to read.
var errTooLong = fmt.Errorf("it is longer than %d bytes", maxFileBytes)
