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
	// setupCommand is the environment's; empty is that of the repository's package manager where there is anything to install.
	setupCommand string
	secrets      secretVariables
	cache        packageCache
	dir          buildDir
}

// run runs the setup command, unless that was done for the same lock files and package.json before: an agent may have added
// a dependency. In a checkout that is new nothing was.
func (u setup) run(ctx context.Context, s *State, space workspace) error {
	command, hash, err := u.command(space)
	if errors.Is(err, errNoSetup) || err == nil && hash == s.SetupHash {
		return nil
	}
	if err != nil {
		return failed(contract.OutcomeAgentFailed, err)
	}
	secret, err := u.secrets.read(ctx)
	if err != nil {
		return err
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
	first := s.SetupHash == ""
	u.cache.restore(ctx, s, space)
	chosen := ""
	if u.setupCommand == "" {
		chosen = " (it is the repository's package manager's; gates.setupCommand sets another)"
	}
	limit := u.budget.setup()
	result, err := u.dir.logged(setupLog, func(output string) (process.Result, error) {
		return space.sandbox.Run(ctx, command, output, limit, secret...)
	})
	if ended := space.sandbox.EndAll(); ended != nil {
		return failed(contract.OutcomeAgentFailed, ended)
	}
	switch {
	case err != nil:
		return failed(contract.OutcomeAgentFailed, fmt.Errorf("running the setup command %q%s: %w", command, chosen, err))
	case result.End == process.EndTimedOut:
		return failedf(contract.OutcomeAgentFailed, "the setup command %q did not end within %s", command, limit.Round(time.Second))
	case result.ExitCode != 0:
		return failedf(contract.OutcomeAgentFailed, "the setup command %q%s ended with exit code %d: %s", command, chosen, result.ExitCode, u.dir.lastOutput(setupLog))
	}
	if err := space.sandbox.Keep(); err != nil {
		return err
	}
	u.cache.save(ctx, space, first)
	s.SetupHash = hash
	s.save()
	logOf(ctx).Info("Setup done", keyCommand, command, keyDuration, result.Duration.Seconds())
	return nil
}

// command is the command, with a hash of it and of what it installs. errNoSetup says that there is none.
func (u setup) command(space workspace) (command, hash string, err error) {
	command = u.setupCommand
	if command == "" {
		if command = installCommand(space); command == "" || space.local {
			return "", "", errNoSetup
		}
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00", command)
	for _, name := range space.tree.Named(dependencyFiles) {
		text, err := space.tree.ReadFile(name, maxLockFile)
		if err != nil {
			text = []byte(err.Error())
		}
		fmt.Fprintf(sum, "%s\x00%d\x00", name, len(text))
		sum.Write(text)
	}
	return command, hex.EncodeToString(sum.Sum(nil)), nil
}

// dependencyFiles are files that say what is to be installed, wherever in the repository they are.
var dependencyFiles = map[string]bool{
	packageFile: true, lockFile: true, "npm-shrinkwrap.json": true, "pnpm-lock.yaml": true, "pnpm-workspace.yaml": true, "yarn.lock": true, ".yarnrc.yml": true, "bun.lock": true, "bun.lockb": true,
	"requirements.txt": true, "poetry.lock": true, "uv.lock": true, "Pipfile.lock": true, "pdm.lock": true, "pyproject.toml": true,
	"go.mod": true, "go.sum": true, "Cargo.lock": true, "Gemfile.lock": true, "composer.lock": true, "packages.lock.json": true, "gradle.lockfile": true, "mix.lock": true, "pubspec.lock": true,
}

// installCommand is what installs a repository's packages of Node.js; empty where there are none.
func installCommand(space workspace) string {
	text, err := space.tree.ReadFile(lockFile, maxLockFile)
	if err != nil {
		text = nil
	}
	p, ok := readPackage(space.tree)
	m, known := managerOf(space.tree, p, space.sandbox.Has)
	switch {
	case hasDependencies(text) && (!known || m.name == "npm"):
		return "npm ci"
	case known && ok && p.installs() && (m.name != "npm" || space.tree.HasFile("npm-shrinkwrap.json")):
		return m.install
	}
	return ""
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
