// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

const (
	lockFile = "package-lock.json"
	// maxLockFile is the largest lock file that is read, in bytes.
	maxLockFile = 64 << 20
)

// errNoSetup says that nothing is to be set up.
var errNoSetup = errors.New("nothing to set up")

// setup installs what agent and tests need. It is no stage: both stages begin with it.
type setup struct {
	budget budget
	// setupCommand is the environment's; empty is npm ci where a lock file names anything to install.
	setupCommand string
	dir          buildDir
}

// run runs the setup command, unless that was done for the same lock file before: an agent may have added a dependency.
// In a checkout that is new nothing was.
func (u setup) run(ctx context.Context, s *State, space workspace) error {
	command, hash, err := u.command(space)
	if errors.Is(err, errNoSetup) || err == nil && hash == s.SetupHash {
		return nil
	}
	if err != nil {
		return failed(contract.OutcomeAgentFailed, err)
	}
	if err := space.handOver(ctx); err != nil {
		return err
	}
	if err := space.sandbox.Forget(); err != nil {
		return err
	}
	if _, err := space.sandbox.Renew(ctx); err != nil {
		return err
	}
	limit := u.budget.setup()
	result, err := u.dir.logged(setupLog, func(output string) (process.Result, error) {
		return space.sandbox.Run(ctx, command, output, limit)
	})
	if ended := space.sandbox.EndAll(); ended != nil {
		return failed(contract.OutcomeAgentFailed, ended)
	}
	switch {
	case err != nil:
		return failed(contract.OutcomeAgentFailed, fmt.Errorf("running the setup command: %w", err))
	case result.End == process.EndTimedOut:
		return failedf(contract.OutcomeAgentFailed, "the setup command %q did not end within %s", command, limit.Round(time.Second))
	case result.ExitCode != 0:
		return failedf(contract.OutcomeAgentFailed, "the setup command %q ended with exit code %d: %s", command, result.ExitCode, u.dir.lastOutput(setupLog))
	}
	if err := space.sandbox.Keep(); err != nil {
		return err
	}
	s.SetupHash = hash
	s.save()
	logOf(ctx).Info("Setup done", keyCommand, command, keyDuration, result.Duration.Seconds())
	return nil
}

// command is the command, with a hash of it and of what it installs. errNoSetup says that there is none.
func (u setup) command(space workspace) (command, hash string, err error) {
	text, err := space.tree.ReadFile(lockFile, maxLockFile)
	if err != nil {
		text = nil
	}
	command = u.setupCommand
	if command == "" {
		if !hasDependencies(text) || space.local {
			return "", "", errNoSetup
		}
		command = "npm ci"
	}
	sum := sha256.Sum256(append([]byte(command+"\x00"), text...))
	return command, hex.EncodeToString(sum[:]), nil
}

// hasDependencies reports whether a package-lock.json names anything to install.
func hasDependencies(text []byte) bool {
	var file struct {
		Packages     map[string]json.RawMessage `json:"packages"`
		Dependencies map[string]json.RawMessage `json:"dependencies"`
	}
	if json.Unmarshal(text, &file) != nil {
		return false
	}
	delete(file.Packages, "") // the repository itself
	return len(file.Packages)+len(file.Dependencies) > 0
}
