// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// repairing is what is known between two rounds. It is kept in memory alone: all rounds of a build run in one process, and
// one that is killed ends the attempt.
type repairing struct {
	// evidence is of what was measured last.
	evidence evidence
	// pending is the failure that the round under way is to repair, and stage the one that had it.
	pending *failure
	stage   contract.Stage
	// baseline are the tests, and before all that was measured, before that round.
	baseline report.Cases
	before   measurement
	// refused says of each round that was refused why.
	refused []string
}

// evidence is what was measured, as the agent is shown it.
type evidence struct {
	cases report.Cases
	// messages are what failed tests said, by name.
	messages map[string]string
	names    []string // of failed tests, as the report has them
	outputs  []agent.Output
	// broken: a test command did not end well. Without it, tests that were not measured are nothing that an agent could repair.
	broken    bool
	uncovered []string
}

// repairable reports whether an agent could do anything about an outcome.
func (r repairing) repairable(o contract.Outcome) bool {
	switch o {
	case contract.OutcomeTestsFailed, contract.OutcomeCoverageTooLow:
		return true
	case contract.OutcomeTestsNotMeasured:
		return r.evidence.broken
	}
	return false
}

// measurement is all that tests and coverage gave, and of which files.
type measurement struct {
	tree         string
	testsGate    contract.Gate
	tests        *contract.Tests
	coverageGate contract.Gate
	coverage     *contract.Coverage
	changedLines *contract.ChangedLines
	failedTests  []string
	testFiles    []string
	coverageOf   coverageFiles
}

// coverageFiles are what the coverage was read from.
type coverageFiles struct {
	files, beside, parts []string
	format               string
}

func (s *State) measurement() measurement {
	return measurement{
		tree: s.Tree, testsGate: s.Result.TestsGate, tests: s.Result.Tests, coverageGate: s.Result.CoverageGate, coverage: s.Result.Coverage,
		changedLines: s.Result.ChangedLines, failedTests: s.FailedTests, testFiles: s.TestFiles,
		coverageOf: coverageFiles{files: s.CoverageFiles, beside: s.CoverageBeside, parts: s.CoverageParts, format: s.CoverageFormat},
	}
}

// setMeasurement has an earlier measurement hold again. The zero one is that nothing was measured.
func (s *State) setMeasurement(m measurement) {
	s.Result.TestsGate, s.Result.Tests, s.Result.CoverageGate, s.Result.Coverage = m.testsGate, m.tests, m.coverageGate, m.coverage
	s.Result.ChangedLines, s.FailedTests, s.TestFiles = m.changedLines, m.failedTests, m.testFiles
	s.CoverageFiles, s.CoverageBeside, s.CoverageParts, s.CoverageFormat = m.coverageOf.files, m.coverageOf.beside, m.coverageOf.parts, m.coverageOf.format
}

// openRound is the round under way; nil for none.
func (s *State) openRound() *RoundRecord {
	if n := len(s.Rounds); n > 0 && s.Rounds[n-1].End == "" {
		return &s.Rounds[n-1]
	}
	return nil
}

// spent is how long the agent has worked in this build.
func (s *State) spent() time.Duration {
	seconds := 0.0
	for _, t := range s.Tasks {
		seconds += t.Seconds
	}
	for _, r := range s.Rounds {
		seconds += r.Seconds
	}
	return time.Duration(seconds * float64(time.Second))
}

// measuring is how long tests and coverage took the last time.
func (s *State) measuring() time.Duration {
	took := map[contract.Stage]time.Duration{}
	for _, r := range s.Stages {
		if !r.Ended.IsZero() {
			took[r.Name] = r.Ended.Sub(r.Began)
		}
	}
	return took[contract.StageTest] + took[contract.StageCoverage]
}
