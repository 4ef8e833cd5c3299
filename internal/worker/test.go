// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// defaultTestCommand is run where the environment names none.
const defaultTestCommand = "npm test"

// maxTestCommands is how many commands may run side by side.
const maxTestCommands = 8

// test runs the test commands and reads what they measured. All must pass; nothing measured is a failure.
func test(ctx context.Context, j *job) error {
	if err := j.setUp(ctx); err != nil {
		return err
	}
	if err := j.hand(ctx); err != nil {
		return err
	}
	commands := j.testCommands()
	if len(commands) > maxTestCommands {
		return failedf(contract.OutcomeTestsNotMeasured, "gates.testCommand has %d lines; at most %d commands run side by side", len(commands), maxTestCommands)
	}
	j.state.TestsBegan = j.clock.Now()
	j.save()
	if err := report.Age(j.tree.Dir(), j.parameters.Settings.TestResults, j.parameters.Settings.CoverageReports, j.state.TestsBegan); err != nil {
		return failed(contract.OutcomeTestsNotMeasured, err)
	}
	runs := j.runTests(ctx, commands)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, run := range runs {
		if run.err != nil {
			return failed(contract.OutcomeTestsNotMeasured, fmt.Errorf("running the tests: %w", run.err))
		}
		logOf(ctx).Info("Tests ended", keyCommand, run.command, keyExitCode, run.result.ExitCode, keyDuration, run.result.Duration.Seconds())
	}
	return j.readTests(ctx, runs)
}

// testCommands are the environment's commands, one a line.
func (j *job) testCommands() []string {
	var commands []string
	for line := range strings.Lines(j.parameters.Settings.TestCommand) {
		if line = strings.TrimSpace(line); line != "" {
			commands = append(commands, line)
		}
	}
	if len(commands) == 0 {
		return []string{defaultTestCommand}
	}
	return commands
}

// testRun is what became of one command.
type testRun struct {
	command string
	output  string
	result  process.Result
	err     error
}

func testLog(n int) string { return fmt.Sprintf("tests-%d.log", n) }

// runTests runs the commands side by side and waits for all of them.
func (j *job) runTests(ctx context.Context, commands []string) []testRun {
	limit := time.Duration(j.parameters.Settings.TestTimeout)
	if limit <= 0 {
		limit = contract.DefaultTestTimeout
	}
	if j.options.LocalDir == "" {
		limit = testTime(j.clock.Now(), j.build.StartedAt, j.parameters.BuildTimeout, limit)
	}
	runs := make([]testRun, len(commands))
	var all sync.WaitGroup
	for n, command := range commands {
		runs[n] = testRun{command: command, output: testLog(n)}
		all.Go(func() { runs[n].result, runs[n].err = j.sandbox.Run(ctx, command, j.path(runs[n].output), limit) })
	}
	all.Wait()
	j.sandbox.EndAll()
	return runs
}

// readTests reads the results and holds them against the gate.
func (j *job) readTests(ctx context.Context, runs []testRun) error {
	var outputs []string
	for _, run := range runs {
		outputs = append(outputs, j.path(run.output))
	}
	found, err := report.FindTests(j.tree.Dir(), j.parameters.Settings.TestResults, j.state.TestsBegan, outputs...)
	complaint := complaintOf(runs)
	switch {
	case errors.Is(err, report.ErrNotMeasured):
		j.state.Result.TestsGate = contract.GateNotMeasured
		return failed(contract.OutcomeTestsNotMeasured, fmt.Errorf("%w%s", err, complaint))
	case err != nil:
		return fmt.Errorf("reading the test results: %w", err)
	}
	tests := found.Tests
	j.state.Result.Tests, j.state.Result.TestsGate = &tests, found.Gate()
	j.state.TestFiles, j.state.FailedTests = found.Files, j.cleanAll(found.FailedNames)
	for _, ignored := range found.Ignored {
		j.state.note("Test results not counted: %s", j.clean(ignored))
	}
	logOf(ctx).Info("Tests measured", keyTests, tests)
	switch {
	case j.state.Result.TestsGate == contract.GateFailed:
		return failedf(contract.OutcomeTestsFailed, "%d of %d tests failed%s", tests.Failed, tests.Total, firstNames(j.state.FailedTests))
	case j.state.Result.TestsGate != contract.GatePassed:
		return failedf(contract.OutcomeTestsNotMeasured, "no test ran%s", complaint)
	case complaint != "":
		j.state.Result.TestsGate = contract.GateFailed
		return failedf(contract.OutcomeTestsFailed, "no test failed, but%s", strings.TrimPrefix(complaint, ";"))
	}
	return nil
}

// complaintOf says which command did not end well, with a leading semicolon; empty if all did.
func complaintOf(runs []testRun) string {
	var text strings.Builder
	for _, run := range runs {
		switch {
		case run.result.End == process.EndTimedOut:
			fmt.Fprintf(&text, "; %q did not end within %s", run.command, run.result.Duration.Round(time.Second))
		case run.result.Signal != "":
			fmt.Fprintf(&text, "; %q was ended by a signal (%s)", run.command, run.result.Signal)
		case run.result.ExitCode != 0:
			fmt.Fprintf(&text, "; %q ended with exit code %d", run.command, run.result.ExitCode)
		}
	}
	return text.String()
}

// firstNames are the first few names, for a message.
func firstNames(names []string) string {
	if len(names) == 0 {
		return ""
	}
	shown := names[:min(3, len(names))]
	text := ": " + strings.Join(shown, "; ")
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

func (j *job) cleanAll(texts []string) []string {
	out := make([]string, 0, len(texts))
	for _, text := range texts {
		out = append(out, prbody.Cut(j.clean(text), 200))
	}
	return out
}
