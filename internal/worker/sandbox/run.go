// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// Run runs one of the environment's commands in the checkout, without a shell, and appends what it writes to the file
// output. It is given further variables, as NAME=value. An error means that it could not be run, or that the context ended.
func (s *Sandbox) Run(ctx context.Context, command, output string, timeout time.Duration, further ...string) (process.Result, error) {
	words, err := process.Words(command)
	if err != nil {
		return process.Result{}, fmt.Errorf("the command %q: %w", command, err)
	}
	env, err := s.Environment()
	if err != nil {
		return process.Result{}, err
	}
	env = slices.Concat(env, further)
	credential, _ := s.Credential()
	result, err := process.Run(ctx, process.Spec{
		Args: words, Dir: s.options.Tree, Env: env, Stdout: output, Credential: credential, Timeout: timeout, Clock: s.options.Clock,
	})
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return result, err
}

// Has reports whether a program is in the PATH that commands are run with.
func (s *Sandbox) Has(program string) bool {
	env, err := s.Environment()
	return err == nil && process.Has(program, env)
}

// Variable is the value of a variable that commands are run with; empty for none.
func (s *Sandbox) Variable(name string) string {
	env, err := s.Environment()
	if err != nil {
		return ""
	}
	return process.Variable(env, name)
}

// EndAll ends whatever the other user, or git on a checkout, still runs. Nothing of it may go on between two tasks, or
// write into the checkout while it is measured.
func (s *Sandbox) EndAll() error {
	c, _ := s.Credential()
	if c == nil {
		return nil
	}
	guard := s.TreeUser()
	if guard == nil {
		return errNoTreeUser
	}
	_, err := process.KillUser(c.UID, guard.UID)
	return err
}

// errNoTreeUser says that nobody is left for git to run as.
var errNoTreeUser = errors.New("no user is free for git to run as on the checkout: make one in the build image, named like the agent's with -git behind it")

// EndOrphans ends what a worker that was killed left running, and returns how many of the processes that are known by
// their environment it ended: those whose home is the sandbox's, and those that have one of the entries (NAME=value).
func (s *Sandbox) EndOrphans(entries ...string) (int, error) {
	err := s.EndAll()
	return process.KillMarked(append(entries, "HOME="+s.homeDir())...), err
}
