// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
	"github.com/kiro-worker/kiro-worker/internal/worker/sandbox"
)

// flags are the options of `kiro-worker run`.
type flags struct {
	set *pflag.FlagSet

	phase     string
	dir       string
	agentUser string
	logLevel  string
	logFormat string

	local     string
	spec      string
	agent     string
	command   []string
	test      string
	threshold int
}

func newFlags(errs io.Writer) *flags {
	f := &flags{set: pflag.NewFlagSet("kiro-worker run", pflag.ContinueOnError)}
	f.set.SetOutput(errs)
	f.set.SortFlags = false
	f.set.StringVar(&f.phase, "phase", "", "phase of the build to run: pre_build, build, post_build or finally")
	f.set.StringVar(&f.dir, "dir", "", "directory of the build, the same in all phases (default: one for the build in the directory for temporary files)")
	f.set.StringVar(&f.agentUser, "agent-user", sandbox.DefaultUser, "user that agent and tests run as, where this program is root and there is such a user")
	f.set.StringVar(&f.logLevel, "log-level", os.Getenv(contract.EnvLogLevel), "debug, info, warn or error (also LOG_LEVEL)")
	f.set.StringVar(&f.logFormat, "log-format", "", "json or console; default: console on a terminal, else json")
	f.set.StringVar(&f.local, "local", "", "checkout to work on, without AWS or GitHub; nothing is committed or pushed")
	f.set.StringVar(&f.spec, "spec", "", "with --local: directory of the spec in the checkout (default: that of the branch, or the only one)")
	f.set.StringVar(&f.agent, "agent", preset.Kiro, "with --local: preset of the agent: "+strings.Join(preset.Names(), ", "))
	f.set.StringArrayVar(&f.command, "agent-command", nil, "with --local and --agent=command: one argument of the agent's command; repeat it")
	f.set.StringVar(&f.test, "test-command", "npm test", "with --local: command that runs the tests")
	f.set.IntVar(&f.threshold, "coverage-threshold", 80, "with --local: least coverage in percent")
	return f
}

func (f *flags) parse(args []string) error {
	if err := f.set.Parse(args); err != nil {
		return err
	}
	if rest := f.set.Args(); len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	phases := []string{string(worker.PhasePreBuild), string(worker.PhaseBuild), string(worker.PhasePostBuild), string(worker.PhaseFinally)}
	switch {
	case f.phase == "" && f.local == "":
		return errors.New("give --phase, or --local for a run on a checkout")
	case f.phase != "" && f.local != "":
		return errors.New("--phase and --local exclude each other")
	case f.local == "" && !slices.Contains(phases, f.phase):
		return fmt.Errorf("unknown phase %q: use pre_build, build, post_build or finally", f.phase)
	case f.threshold < 0 || f.threshold > 100:
		return errors.New("--coverage-threshold must be 0 to 100")
	}
	return nil
}

// directory is the build's, the same in all of its phases.
func (f *flags) directory(build worker.Build) string {
	if f.dir != "" {
		return f.dir
	}
	return filepath.Join(os.TempDir(), "kiro-worker-"+build.UUID)
}
