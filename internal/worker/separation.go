// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// DefaultAgentUser is the user that agent and tests run as, where there is one.
const DefaultAgentUser = "kiro-agent"

// agentHome is the agent's home, in the build's directory.
const agentHome = "home"

// separate finds out whether agent and tests can run as another user than the worker, and says so where they cannot:
// they could then read the worker's memory and files.
func (j *job) separate(ctx context.Context) {
	c, off := j.credential()
	if c != nil {
		j.state.Separation = fmt.Sprintf("on: user %s (%d)", j.agentUser(), c.UID)
		logOf(ctx).Info("Agent and tests run as another user than the worker", keyUser, j.agentUser())
	} else {
		j.state.Separation = "off: " + off
		j.state.note("Agent and tests ran as the worker's own user: %s.", off)
		logOf(ctx).Info("Agent and tests run as the worker's own user", keyReason, off)
	}
}

func (j *job) agentUser() string {
	if j.options.AgentUser == "" {
		return DefaultAgentUser
	}
	return j.options.AgentUser
}

// credential is the agent's user; nil with the reason if there is none.
func (j *job) credential() (c *process.Credential, off string) {
	switch {
	case j.options.LocalDir != "":
		return nil, "a local run works with its caller's rights"
	case os.Geteuid() != 0:
		return nil, "the worker is not root and can run nothing as another user"
	}
	found, err := user.Lookup(j.agentUser())
	if err != nil {
		return nil, fmt.Sprintf("there is no user %q in the build image", j.agentUser())
	}
	uid, err1 := strconv.ParseUint(found.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(found.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil || uid == 0 {
		return nil, fmt.Sprintf("the user %q is root, or has no number", j.agentUser())
	}
	return &process.Credential{UID: uint32(uid), GID: uint32(gid)}, ""
}

// home makes the agent's home and its place for temporary files.
func (j *job) home() (agent.Home, error) {
	h := agent.Home{User: j.agentUser(), Dir: j.path(agentHome), Temp: j.path("tmp")}
	c, _ := j.credential()
	if c == nil {
		h.User = "kiro-worker"
	}
	for _, dir := range []string{h.Dir, h.Temp} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return h, fmt.Errorf("making the agent's home: %w", err)
		}
		if c != nil {
			if err := os.Lchown(dir, int(c.UID), int(c.GID)); err != nil {
				return h, fmt.Errorf("making the agent's home: %w", err)
			}
		}
	}
	return h, nil
}

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

// giveTree makes the work tree the agent's own, where it runs as another user.
func (j *job) giveTree() error {
	c, _ := j.credential()
	if c == nil {
		return nil
	}
	if err := passable(j.repo.tree, c); err != nil {
		return fmt.Errorf("giving the checkout to the agent: %w", err)
	}
	root, err := os.OpenRoot(j.repo.tree)
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
		stat, ok := info.Sys().(*syscall.Stat_t)
		switch {
		case ok && stat.Uid == c.UID && stat.Gid == c.GID:
			return nil
		case ok && stat.Nlink > 1 && info.Mode().IsRegular():
			// The worker makes no second name for a file: somebody linked to one that lies elsewhere, perhaps the
			// worker's own state, and would be given that.
			return nil
		}
		return root.Lchown(filepath.FromSlash(name), int(c.UID), int(c.GID))
	})
	if err != nil {
		return fmt.Errorf("giving the checkout to the agent: %w", err)
	}
	return nil
}

// endUser ends whatever the agent's user still runs. Nothing of it may go on between two tasks, or write into the
// checkout while it is measured.
func (j *job) endUser() {
	if c, _ := j.credential(); c != nil {
		process.KillUser(c.UID)
	}
}
