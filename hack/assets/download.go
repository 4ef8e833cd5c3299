// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane/assets"
)

const (
	// lookTimeout is how long the index of downloads may take: behind a firewall that drops packets, nothing
	// answers at all.
	lookTimeout = 15 * time.Second
	// downloadTimeout is how long some 100 MB may take.
	downloadTimeout = 10 * time.Minute
)

// download has setup-envtest fetch the programs into a directory below work.
func download(ctx context.Context, root, work string) (string, error) {
	tool := filepath.Join(work, "setup-envtest")
	if _, err := output(ctx, 5*time.Minute, filepath.Join(root, "hack", "tools"),
		"go", "build", "-buildvcs=false", "-o", tool, "sigs.k8s.io/controller-runtime/tools/setup-envtest"); err != nil {
		return "", err
	}
	version := strings.TrimPrefix(assets.Version, "v")
	minor := version[:strings.LastIndexByte(version, '.')] + ".x"
	store := filepath.Join(work, "download")
	if _, err := output(ctx, lookTimeout, work, tool, "list", minor, "--bin-dir", store); err != nil {
		return "", err
	}
	say("Downloading them with setup-envtest; about 100 MB.")
	started := time.Now()
	path, err := output(ctx, downloadTimeout, work, tool, "use", minor, "--bin-dir", store, "-p", "path")
	if err != nil {
		return "", err
	}
	say("Downloaded in %s.", time.Since(started).Round(time.Second))
	return strings.TrimSpace(path), nil
}

// output runs a program and returns its standard output; its error holds what it wrote to standard error.
func output(ctx context.Context, timeout time.Duration, dir, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch {
	case err == nil:
		return stdout.String(), nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", fmt.Errorf("no answer within %s", timeout)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return "", err
	default:
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
}

// brief is the last part of an error, which says what happened; the part before says what was tried.
func brief(err error) string {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	last := lines[len(lines)-1]
	if i := strings.LastIndex(last, ": "); i >= 0 {
		return last[i+2:]
	}
	return last
}
