// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// copyTimeout bounds the copying of what setup left in its home.
const copyTimeout = 5 * time.Minute

func (s *Sandbox) homeDir() string { return filepath.Join(s.options.Dir, "home") }
func (s *Sandbox) tempDir() string { return filepath.Join(s.options.Dir, "tmp") }

// keptDir is what setup left in its home, in a directory that the user cannot enter.
func (s *Sandbox) keptDir() string { return filepath.Join(s.options.Dir, "kept", "home") }

// Renew gives the user a home and a place for temporary files in which nothing of an earlier run is left: a setting that
// one run leaves there would decide what the next one measures. What setup kept is copied into it. It ends what still
// runs, removes what the user left in the machine's own places for temporary files, and returns the names of that. Places that
// are named, relative to the home, stay as they are, unless they are links.
func (s *Sandbox) Renew(ctx context.Context, stay ...string) (removed []string, err error) {
	if s.options.Local {
		return nil, nil
	}
	if err := s.EndAll(); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(s.tempDir()); err != nil {
		return nil, fmt.Errorf("making the agent's home: %w", err)
	}
	if err := clearHome(s.homeDir(), stay); err != nil {
		return nil, fmt.Errorf("making the agent's home: %w", err)
	}
	if err := s.makeHome(); err != nil {
		return nil, err
	}
	if err := s.copyKept(ctx); err != nil {
		return nil, err
	}
	c, _ := s.Credential()
	if c == nil || s.options.Since.IsZero() {
		return nil, nil
	}
	return newSweeper(c.UID, s.options.Since).sweep(sharedPlaces, homeOf(c.UID))
}

// clearHome removes a home but for some places in it. Nothing of the user's runs, so nothing is changed meanwhile; what it made of
// the home before is not followed.
func clearHome(dir string, stay []string) error {
	if len(stay) == 0 {
		return os.RemoveAll(dir)
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return clearBut(root, ".", stay)
}

// clearBut removes what is in a directory, but for the places and the directories that lead there.
func clearBut(root *os.Root, dir string, stay []string) error {
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		kept := e.IsDir() || e.Type().IsRegular()
		switch {
		case kept && slices.Contains(stay, name):
		case e.IsDir() && slices.ContainsFunc(stay, func(place string) bool { return strings.HasPrefix(place, name+"/") }):
			err = clearBut(root, name, stay)
		default:
			err = root.RemoveAll(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Keep keeps what setup left in its home for every later one: tools that it installed there, caches. Nothing may run.
func (s *Sandbox) Keep() error {
	if s.options.Local {
		return nil
	}
	kept := s.keptDir()
	if err := s.Forget(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		return fmt.Errorf("keeping what setup left: %w", err)
	}
	if err := os.Rename(s.homeDir(), kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keeping what setup left: %w", err)
	}
	return nil
}

// Forget removes what was kept.
func (s *Sandbox) Forget() error {
	if err := os.RemoveAll(s.keptDir()); err != nil {
		return fmt.Errorf("forgetting what setup left: %w", err)
	}
	return nil
}

// copyKept is done with the user's own rights: nothing in there is anybody else's to read or to write.
func (s *Sandbox) copyKept(ctx context.Context) error {
	entries, err := os.ReadDir(s.keptDir())
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("copying what setup left: %w", err)
	}
	outer := filepath.Dir(s.keptDir())
	if err := os.Chmod(outer, 0o711); err != nil { //nolint:gosec // the user passes through it to its own
		return fmt.Errorf("copying what setup left: %w", err)
	}
	c, _ := s.Credential()
	result, err := process.Run(ctx, process.Spec{
		Args: []string{"cp", "-R", "-P", "-p", s.keptDir() + "/.", s.homeDir()}, Dir: "/", Env: process.AllowedEnv(s.options.Environ, []string{"PATH"}),
		Stdout: filepath.Join(s.options.Dir, "copy.log"), Credential: c, Timeout: copyTimeout, Clock: s.options.Clock,
	})
	err = errors.Join(err, os.Chmod(outer, 0o700)) //nolint:gosec // likewise
	switch {
	case err != nil:
		return fmt.Errorf("copying what setup left: %w", err)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case result.ExitCode != 0:
		return fmt.Errorf("copying what setup left in its home ended with exit code %d", result.ExitCode)
	}
	return nil
}

// makeHome makes the user's home and its place for temporary files, where they are not there.
func (s *Sandbox) makeHome() error {
	c, _ := s.Credential()
	for _, dir := range []string{s.homeDir(), s.tempDir()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("making the agent's home: %w", err)
		}
		if c != nil {
			if err := os.Lchown(dir, int(c.UID), int(c.GID)); err != nil {
				return fmt.Errorf("making the agent's home: %w", err)
			}
		}
	}
	return nil
}
