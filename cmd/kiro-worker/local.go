// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// runLocal runs the pipeline on a checkout and prints what came of it.
func runLocal(ctx context.Context, f *flags, out, errs io.Writer) worker.ExitCode {
	checkout, err := filepath.Abs(f.local)
	if err == nil && f.spec == "" {
		f.spec, err = worker.FindSpec(checkout, branchOf(ctx, checkout))
	}
	var dir string
	if err == nil {
		dir, err = os.MkdirTemp("", "kiro-worker-local-")
	}
	if err != nil {
		_, _ = fmt.Fprintln(errs, "kiro-worker:", err)
		return worker.ExitUsage
	}
	options, done, err := baseOptions(f, dir, errs)
	if err != nil {
		_, _ = fmt.Fprintln(errs, "kiro-worker:", err)
		return worker.ExitUsage
	}
	defer done()
	options.LocalDir = checkout
	options.Build = worker.Build{ARN: "local", UUID: "local", StartedAt: time.Now()}
	options.Parameters = contract.Parameters{
		Environment: "local", BranchName: "local", SpecPath: filepath.ToSlash(f.spec), CoverageThreshold: f.threshold,
		WorkItem: "local", Attempt: 1, CorrelationID: "local",
		Frozen: contract.Frozen{BuildTimeout: contract.Duration(8 * time.Hour), Settings: contract.Settings{
			TestCommand: f.test, RepositoryFile: true, AgentPreset: f.agent, AgentCommand: f.command,
			TaskTimeout: contract.Duration(contract.DefaultTaskTimeout), SilenceTimeout: contract.Duration(contract.DefaultSilenceTimeout),
		}},
	}
	result, code := worker.RunLocal(ctx, options)
	printResult(out, result, dir)
	return code
}

// branchOf is the branch that is checked out, empty if that cannot be found out.
func branchOf(ctx context.Context, dir string) string {
	text, err := exec.CommandContext(ctx, "git", "-C", dir, "symbolic-ref", "--quiet", "--short", "HEAD").Output() //nolint:gosec // no shell
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func printResult(w io.Writer, r contract.Result, dir string) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	p("outcome   %s", r.Outcome)
	if r.FailedStage != "" {
		p("stage     %s", r.FailedStage)
	}
	if r.Message != "" {
		p("message   %s", r.Message)
	}
	p("tasks     %d of %d done", r.Tasks.Done, r.Tasks.Total)
	if r.Tests != nil {
		p("tests     %d of %d passed, %d failed", r.Tests.Passed, r.Tests.Total, r.Tests.Failed)
	}
	if r.Coverage != nil {
		for _, m := range report.Metrics(*r.Coverage) {
			if m.Percent != nil {
				p("coverage  %-10s %.2f%%", m.Name, *m.Percent)
			}
		}
	}
	p("logs      %s", dir)
	p("Nothing was committed or pushed: look at the changes with git diff.")
}
