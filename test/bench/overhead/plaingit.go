// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// plainTimes are what git takes by itself, in time of a core.
type plainTimes struct {
	// fetch is fetching the branch, checkout laying its files out, push pushing a commit for each task: the repository's
	// transfer.
	fetch, checkout, push time.Duration
	// work is adding and committing all that changed, for each task.
	work time.Duration
}

func (t plainTimes) transfer() time.Duration { return t.fetch + t.checkout + t.push }

// plainGit does with git what a build does with the repository, and no more. What it pushes goes to a branch of its
// own.
func (w *world) plainGit(ctx context.Context) (t plainTimes, err error) {
	address, err := url.Parse(w.cloud.GitHub.URL() + "/" + repository + ".git")
	if err != nil {
		return t, err
	}
	address.User = url.UserPassword("x-access-token", token)
	dir := filepath.Join(w.dir, "plain")
	git := func(into *time.Duration, args ...string) error {
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org",
		}
		var log bytes.Buffer
		cmd.Stdout, cmd.Stderr = &log, &log
		cpu, err := cpuTime(cmd)
		if err != nil {
			return fmt.Errorf("git %s: %w\n%s", args[0], err, log.String())
		}
		*into += cpu
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return t, err
	}
	if err := git(&t.fetch, "init", "--quiet"); err != nil {
		return t, err
	}
	if err := git(&t.fetch, "fetch", "--quiet", "--no-tags", address.String(), branch); err != nil {
		return t, err
	}
	if err := git(&t.checkout, "checkout", "--quiet", "-b", "plain", "FETCH_HEAD"); err != nil {
		return t, err
	}
	for task := range 2 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("plain-%d.txt", task)), []byte("task\n"), 0o600); err != nil {
			return t, err
		}
		for _, c := range []struct {
			into *time.Duration
			args []string
		}{
			{&t.work, []string{"add", "--all"}},
			{&t.work, []string{"commit", "--quiet", "-m", "task"}},
			{&t.push, []string{"push", "--quiet", address.String(), "HEAD:refs/heads/plain"}},
		} {
			if err := git(c.into, c.args...); err != nil {
				return t, err
			}
		}
	}
	return t, nil
}
