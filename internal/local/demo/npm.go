// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// npmTimeout is how long the first fetch of the sample's packages may take.
const npmTimeout = 3 * time.Minute

// npmCache is where the sample's packages are kept for the next run, which then needs no network.
func npmCache() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a place for npm's cache: %w", err)
	}
	return filepath.Join(base, "kiro-worker", "npm"), nil
}

// fillNPMCache installs the sample's packages once, so that no build waits for the network.
func fillNPMCache(ctx context.Context, dir, cache string) error {
	ctx, cancel := context.WithTimeout(ctx, npmTimeout)
	defer cancel()
	files, err := repositoryFiles()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making a directory for npm: %w", err)
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(files[name]), 0o644); err != nil {
			return fmt.Errorf("writing the sample's %s: %w", name, err)
		}
	}
	var out bytes.Buffer
	words := setupWords(cache)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = dir, &out, &out, time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("fetching the sample repository's packages with npm (is its registry reachable?): %w\n%s",
			err, strings.TrimSpace(out.String()))
	}
	return os.RemoveAll(dir)
}

// setupWords bring the sample's packages in, from the cache where they are there.
func setupWords(cache string) []string {
	return []string{"npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", cache}
}

// setupCommand is setupWords as the environment's gates have it. A path may hold spaces.
func setupCommand(cache string) string {
	words := setupWords(cache)
	words[len(words)-1] = "'" + strings.ReplaceAll(cache, "'", `'\''`) + "'"
	return strings.Join(words, " ")
}
