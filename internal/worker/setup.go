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
	// maxSetupTime bounds the installation of dependencies.
	maxSetupTime = 15 * time.Minute
	// maxLockFile is the largest lock file that is read.
	maxLockFile = 64 << 20
	lockFile    = "package-lock.json"
)

// The files that programs write their output to.
const (
	agentLog = "agent.log"
	setupLog = "setup.log"
	// agentErrors holds what a run of the agent wrote to standard error, until that follows in agentLog.
	agentErrors = "agent-errors.log"
)

// setUp installs what the agent and the tests need, unless that was done for the same lock file before: an agent may
// have added a dependency.
func (j *job) setUp(ctx context.Context) error {
	command, hash, err := j.setupCommand()
	if errors.Is(err, errNoSetup) || err == nil && hash == j.state.SetupHash {
		return nil
	}
	if err != nil {
		return failed(contract.OutcomeAgentFailed, err)
	}
	if err := j.hand(ctx); err != nil {
		return err
	}
	limit := maxSetupTime
	if j.options.LocalDir == "" {
		limit = setupTime(j.clock.Now(), j.build.StartedAt, j.parameters.BuildTimeout)
	}
	result, err := j.sandbox.Run(ctx, command, j.path(setupLog), limit)
	j.sandbox.EndAll()
	switch {
	case err != nil:
		return failed(contract.OutcomeAgentFailed, fmt.Errorf("running the setup command: %w", err))
	case result.End == process.EndTimedOut:
		return failedf(contract.OutcomeAgentFailed, "the setup command %q did not end within %s", command, limit.Round(time.Second))
	case result.ExitCode != 0:
		return failedf(contract.OutcomeAgentFailed, "the setup command %q ended with exit code %d: %s", command, result.ExitCode, j.lastOutput(setupLog))
	}
	j.state.SetupHash = hash
	j.save()
	logOf(ctx).Info("Setup done", keyCommand, command, keyDuration, result.Duration.Seconds())
	return nil
}

// setupCommand is the command, with what it depends on. errNoSetup says that there is none.
func (j *job) setupCommand() (command, hash string, err error) {
	text, err := j.tree.ReadFile(lockFile, maxLockFile)
	if err != nil {
		text = nil
	}
	command = j.parameters.Settings.SetupCommand
	if command == "" {
		if !hasDependencies(text) || j.options.LocalDir != "" {
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
