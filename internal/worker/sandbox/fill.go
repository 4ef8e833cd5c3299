// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Fill puts files into the user's home, which Renew has just made: nothing of the user's runs. They become the user's own.
func (s *Sandbox) Fill(put func(home *os.Root) error) error {
	if err := s.makeHome(); err != nil {
		return err
	}
	root, err := os.OpenRoot(s.homeDir())
	if err != nil {
		return fmt.Errorf("filling the agent's home: %w", err)
	}
	defer func() { _ = root.Close() }()
	if err := put(root); err != nil {
		return err
	}
	c, _ := s.Credential()
	if c == nil {
		return nil
	}
	err = fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return give(root, filepath.FromSlash(name), c)
	})
	if err != nil {
		return fmt.Errorf("filling the agent's home: %w", err)
	}
	return nil
}

// Kept opens what Keep kept, to read. It was written by the user, and nobody can change it any more.
func (s *Sandbox) Kept() (*os.Root, error) {
	root, err := os.OpenRoot(s.keptDir())
	if err != nil {
		return nil, fmt.Errorf("opening what setup left: %w", err)
	}
	return root, nil
}
