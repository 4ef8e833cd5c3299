// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
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

// sweep removes what a user left, since a time, outside of the build's own directory: all that is its own directly in
// the shared places, and in its home what was made or changed. The time is the kernel's, which no user can set. It
// returns the names, the first few of them.
func sweep(uid uint32, since time.Time, home string) (removed []string) {
	note := func(name string) {
		if len(removed) < maxSwept {
			removed = append(removed, name)
		}
	}
	for _, place := range sharedPlaces {
		root, err := os.OpenRoot(place)
		if err != nil {
			continue
		}
		entries, _ := fs.ReadDir(root.FS(), ".")
		for _, entry := range entries {
			info, err := root.Lstat(entry.Name())
			if err != nil {
				continue
			}
			if owner, changed := ownerAndChange(info); owner == uid && !changed.Before(since) && root.RemoveAll(entry.Name()) == nil {
				note(path.Join(place, entry.Name()))
			}
		}
		_ = root.Close()
	}
	if home != "" {
		sweepHome(uid, since, home, note)
	}
	return removed
}

func sweepHome(uid uint32, since time.Time, home string, note func(string)) {
	root, err := os.OpenRoot(home)
	if err != nil {
		return
	}
	defer func() { _ = root.Close() }()
	var dirs []string
	_ = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return nil //nolint:nilerr // what cannot be read is left as it is
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		owner, changed := ownerAndChange(info)
		switch {
		case owner != uid || changed.Before(since):
		case entry.IsDir():
			dirs = append(dirs, name)
		case root.Remove(filepath.FromSlash(name)) == nil:
			note(path.Join(home, name))
		}
		return nil
	})
	// From the innermost on: a directory that has something older in it is not removed.
	for n := len(dirs) - 1; n >= 0; n-- {
		_ = root.Remove(filepath.FromSlash(dirs[n]))
	}
}
