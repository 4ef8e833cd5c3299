// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// passable reports the first directory on the way to a place that a user may not pass through.
func passable(place string, c *process.Credential) error {
	for dir := filepath.Dir(place); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		mode, needed := info.Mode().Perm(), fs.FileMode(0o001)
		switch {
		case ok && stat.Uid == c.UID:
			needed = 0o100
		case ok && stat.Gid == c.GID:
			needed = 0o010
		}
		if mode&needed == 0 {
			return fmt.Errorf("the agent's user may not pass through %s: make it passable (chmod o+x), or give another place with --dir", dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// GiveTree makes the checkout the user's own, where there is another user than the worker's. A file that has a second
// name stays whose it is.
func (s *Sandbox) GiveTree() error {
	c, _ := s.Credential()
	if c == nil {
		return nil
	}
	if err := passable(s.options.Tree, c); err != nil {
		return fmt.Errorf("giving the checkout to the agent: %w", err)
	}
	root, err := os.OpenRoot(s.options.Tree)
	if err != nil {
		return fmt.Errorf("giving the checkout to the agent: %w", err)
	}
	defer func() { _ = root.Close() }()
	// Under a root no link that is put there meanwhile can lead elsewhere.
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid == c.UID && stat.Gid == c.GID {
			return nil
		}
		return give(root, filepath.FromSlash(name), c)
	})
	if err != nil {
		return fmt.Errorf("giving the checkout to the agent: %w", err)
	}
	return nil
}

// give makes one file the user's. It is opened once, without reading it or following it, and then only what is open is
// looked at and given: its name could be another file's a moment later.
func give(root *os.Root, name string, c *process.Credential) error {
	file, err := root.OpenFile(name, openPath|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Nlink > 1 && info.Mode().IsRegular() {
		// The worker makes no second name for a file: somebody linked to one that is elsewhere, perhaps the worker's own
		// state, and would be given that.
		return nil
	}
	return chownOpen(file, int(c.UID), int(c.GID))
}

// ReturnTree gives back what TakeTree closed.
func (s *Sandbox) ReturnTree() error {
	if c, _ := s.Credential(); c == nil {
		return nil
	}
	if err := os.Chmod(s.options.Tree, 0o755); err != nil { //nolint:gosec // another user works in it, and a third reads it
		return fmt.Errorf("opening the checkout: %w", err)
	}
	return s.GiveTree()
}

// TakeTree closes the checkout to everybody but the worker.
func (s *Sandbox) TakeTree() error {
	if c, _ := s.Credential(); c == nil {
		return nil
	}
	// Its name is in a directory that only the worker can write.
	if err := os.Lchown(s.options.Tree, os.Geteuid(), os.Getegid()); err != nil {
		return fmt.Errorf("closing the checkout: %w", err)
	}
	if err := os.Chmod(s.options.Tree, 0o700); err != nil { //nolint:gosec // a directory
		return fmt.Errorf("closing the checkout: %w", err)
	}
	return nil
}
