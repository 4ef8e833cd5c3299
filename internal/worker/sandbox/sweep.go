// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path"
	"path/filepath"
	"strconv"
	"time"
)

// sharedPlaces are where every user of a machine may write.
var sharedPlaces = []string{"/tmp", "/var/tmp", "/dev/shm"}

// maxSwept bounds how many names are returned.
const maxSwept = 20

// homeOf is the home that the image gives a user; empty if it is none of its own. Some programs look there whatever HOME
// says.
func homeOf(uid uint32) string {
	found, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if err != nil || !filepath.IsAbs(found.HomeDir) || filepath.Clean(found.HomeDir) == "/" {
		return ""
	}
	info, err := os.Lstat(found.HomeDir)
	if err != nil || !info.IsDir() {
		return ""
	}
	if owner, _ := ownerAndChange(info); owner != uid {
		return ""
	}
	return found.HomeDir
}

// sweeper removes what a user left, since a time, outside of the build's own directory: all that is its own directly in
// the shared places, and in its home what was made or changed. The time is the kernel's, which no user can set.
type sweeper struct {
	uid    uint32
	since  time.Time
	remove func(root *os.Root, name string) error

	removed []string // the first few
	left    error    // what could not be removed, and why
}

func newSweeper(uid uint32, since time.Time) *sweeper {
	return &sweeper{uid: uid, since: since, remove: (*os.Root).RemoveAll}
}

// sweep returns the names of what was removed, the first few of them. It is an error if something was left: it could decide
// what is measured.
func (s *sweeper) sweep(places []string, home string) ([]string, error) {
	for _, place := range places {
		s.sweepPlace(place)
	}
	if home != "" {
		s.sweepHome(home)
	}
	return s.removed, s.left
}

func (s *sweeper) is(info fs.FileInfo) bool {
	owner, changed := ownerAndChange(info)
	return owner == s.uid && !changed.Before(s.since)
}

// open returns nil where there is no such place.
func (s *sweeper) open(place string) *os.Root {
	root, err := os.OpenRoot(place)
	s.fail(place, err)
	return root
}

// fail keeps the first error. What is gone meanwhile is as it should be.
func (s *sweeper) fail(name string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) && s.left == nil {
		s.left = fmt.Errorf("removing %s, which the agent's user may have left there, before anything is run beside it "+
			"(look at the build image and its file systems): %w", name, err)
	}
}

func (s *sweeper) take(root *os.Root, place, name string) {
	err := s.remove(root, filepath.FromSlash(name))
	s.fail(path.Join(place, name), err)
	if err == nil && len(s.removed) < maxSwept {
		s.removed = append(s.removed, path.Join(place, name))
	}
}

func (s *sweeper) sweepPlace(place string) {
	root := s.open(place)
	if root == nil {
		return
	}
	defer func() { _ = root.Close() }()
	entries, err := fs.ReadDir(root.FS(), ".")
	s.fail(place, err)
	for _, entry := range entries {
		info, err := root.Lstat(entry.Name())
		s.fail(path.Join(place, entry.Name()), err)
		if err == nil && s.is(info) {
			s.take(root, place, entry.Name())
		}
	}
}

func (s *sweeper) sweepHome(home string) {
	root := s.open(home)
	if root == nil {
		return
	}
	defer func() { _ = root.Close() }()
	var dirs []string
	err := fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			s.fail(path.Join(home, name), err)
			return nil // it is kept, and the rest is removed all the same
		}
		info, err := entry.Info()
		s.fail(path.Join(home, name), err)
		switch {
		case info == nil || !s.is(info):
		case entry.IsDir():
			dirs = append(dirs, name)
		default:
			s.take(root, home, name)
		}
		return nil
	})
	s.fail(home, err)
	// From the innermost on: a directory that has something older in it is not removed, nor need it be.
	for n := len(dirs) - 1; n >= 0; n-- {
		_ = root.Remove(filepath.FromSlash(dirs[n]))
	}
}
