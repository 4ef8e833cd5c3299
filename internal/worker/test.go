// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
	"github.com/kiro-worker/kiro-worker/internal/worker/repofile"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// maxTestCommands is how many commands may run side by side.
const maxTestCommands = 8

// testStage runs the test commands and reads what they measured. All must pass; nothing measured is a failure.
type testStage struct {
	setup    setup
	space    workspace // the agent's
	measured measuredTree
	settings contract.Settings
	budget   budget
	dir      buildDir
	clock    clock.PassiveClock
	clean    cleaner
}

func (t testStage) run(ctx context.Context, s *State) error {
	// What was measured before a repair round says nothing any more.
	s.setMeasurement(measurement{})
	s.repair.evidence = evidence{}
	if err := t.measured.fill(ctx, s, t.space); err != nil {
		return err
	}
	if err := t.setup.run(ctx, s, t.measured.workspace); err != nil {
		return err
	}
	commands := t.commands()
	if len(commands) > maxTestCommands {
		return failedf(contract.OutcomeTestsNotMeasured, "gates.testCommand has %d lines; at most %d commands run side by side", len(commands), maxTestCommands)
	}
	secret, err := t.setup.secrets.read(ctx)
	if err != nil {
		return err
	}
	if err := t.measured.handOver(ctx); err != nil {
		return err
	}
	asked, err := t.ask(ctx, s, commands)
	if err != nil {
		return err
	}
	removed, err := t.measured.sandbox.Renew(ctx)
	if err != nil {
		return err
	}
	if len(removed) > 0 {
		s.note("Look twice: removed before the tests ran, as it was left outside of the checkout: %s.", t.clean(firstFew(removed)))
	}
	s.TestsBegan = t.clock.Now()
	s.save()
	if err := report.Age(t.measured.tree.Dir(), t.settings.TestResults, t.settings.CoverageReports, s.TestsBegan); err != nil {
		return failed(contract.OutcomeTestsNotMeasured, err)
	}
	runs, err := t.runAll(ctx, asked, secret, len(s.Rounds))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return failed(contract.OutcomeTestsNotMeasured, err)
	}
	for _, run := range runs {
		if run.err != nil {
			return failed(contract.OutcomeTestsNotMeasured, fmt.Errorf("running the tests: %w", run.err))
		}
		logOf(ctx).Info("Tests ended", keyCommand, run.command, keyExitCode, run.result.ExitCode, keyDuration, run.result.Duration.Seconds())
	}
	return t.read(ctx, s, runs)
}

// commands are the environment's commands, one a line.
func (t testStage) commands() []string {
	var commands []string
	for line := range strings.Lines(t.settings.TestCommand) {
		if line = strings.TrimSpace(line); line != "" {
			commands = append(commands, line)
		}
	}
	if len(commands) == 0 {
		return []string{repofile.DefaultTestCommand}
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

// runAll runs the commands side by side and waits for all of them.
func (t testStage) runAll(ctx context.Context, commands []asked, secret []string, round int) ([]testRun, error) {
	limit := time.Duration(t.settings.TestTimeout)
	if limit <= 0 {
		limit = contract.DefaultTestTimeout
	}
	limit = t.budget.tests(limit)
	runs := make([]testRun, len(commands))
	var all sync.WaitGroup
	for n, a := range commands {
		runs[n] = testRun{command: a.command, output: testLog(n, round)}
		env := slices.Clone(secret)
		if a.options != "" {
			env = append(env, "NODE_OPTIONS="+strings.TrimSpace(t.measured.sandbox.Variable("NODE_OPTIONS")+" "+a.options))
		}
		all.Go(func() {
			runs[n].result, runs[n].err = t.measured.sandbox.Run(ctx, a.command, t.dir.path(runs[n].output), limit, env...)
		})
	}
	all.Wait()
	return runs, t.measured.sandbox.EndAll()
}

// read reads the results and compares them with the gate.
func (t testStage) read(ctx context.Context, s *State, runs []testRun) error {
	var outputs []string
	for _, run := range runs {
		outputs = append(outputs, t.dir.path(run.output))
	}
	found, err := report.FindTests(t.measured.tree.Dir(), t.settings.TestResults, s.TestsBegan, outputs...)
	complaint := complaintOf(runs)
	s.repair.evidence = t.evidenceOf(runs, found, complaint != "")
	switch {
	case errors.Is(err, report.ErrNotMeasured):
		s.Result.TestsGate = contract.GateNotMeasured
		return failed(contract.OutcomeTestsNotMeasured, fmt.Errorf("%w%s%s", err, adviceFor(t.space.tree, false), complaint))
	case err != nil:
		return fmt.Errorf("reading the test results: %w", err)
	}
	tests := found.Tests
	s.Result.Tests, s.Result.TestsGate = &tests, found.Gate()
	s.TestFiles, s.FailedTests = found.Files, t.clean.names(found.FailedNames)
	for _, ignored := range found.Ignored {
		s.note("Test results not counted: %s", t.clean(ignored))
	}
	logOf(ctx).Info("Tests measured", keyTests, tests)
	switch {
	case s.Result.TestsGate == contract.GateFailed:
		return failedf(contract.OutcomeTestsFailed, "%d of %d tests failed%s", tests.Failed, tests.Total, firstNames(s.FailedTests))
	case s.Result.TestsGate != contract.GatePassed:
		return failedf(contract.OutcomeTestsNotMeasured, "no test ran%s", complaint)
	case complaint != "":
		s.Result.TestsGate = contract.GateFailed
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
