// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package report reads test results and coverage in the file formats of the tools that write them.
//
// A repository's files are hostile input: they are bounded in size, links out of the repository are not followed,
// and numbers that cannot be are refused. What cannot be read, or is older than the run, is not measured; that is
// never taken for a pass.
package report

import (
	"errors"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// ErrNotMeasured is in the chain of every error that says that nothing usable was found. Its text tells a person what
// was looked at and what to do.
var ErrNotMeasured = errors.New("not measured")

// TestReport is what a run of the tests gave.
type TestReport struct {
	// Tests are the sums over all files.
	Tests contract.Tests
	// FailedNames are the names of failed tests, cut, and at most 50 of them.
	FailedNames []string
	// Files are the reports that were read, relative to the repository.
	Files []string
	// Ignored are files that look like reports but do not count, each with the reason.
	Ignored []string
}

// Gate is whether all tests passed. A report without a single test that ran is not measured.
func (r TestReport) Gate() contract.Gate {
	switch {
	case r.Tests.Failed > 0:
		return contract.GateFailed
	case r.Tests.Passed > 0:
		return contract.GatePassed
	default:
		return contract.GateNotMeasured
	}
}

// CoverageReport is what a run measured.
type CoverageReport struct {
	// Coverage over all files.
	Coverage contract.Coverage
	// Format is the name of the format that it was read from.
	Format string
	// Files are the reports that were read, relative to the repository.
	Files []string
	// Ignored are files that look like reports but do not count, each with the reason.
	Ignored []string
}

// FindTests reads the results of a run that began at since: the files at paths (which may hold * and **), or where the
// common tools write if paths is empty, and the outputs, which are files that hold the test commands' standard output
// (named absolutely, trusted to be recent). All are relative to root. Without any result it fails with ErrNotMeasured.
func FindTests(root string, paths []string, since time.Time, outputs ...string) (TestReport, error) {
	return TestReport{}, ErrNotMeasured
}

// FindCoverage reads the coverage of a run that began at since.
func FindCoverage(root string, paths []string, since time.Time) (CoverageReport, error) {
	return CoverageReport{}, ErrNotMeasured
}

// Gate holds each metric that was measured against a threshold in percent, and names those that are below it.
func Gate(c contract.Coverage, threshold int) (gate contract.Gate, below []string) {
	return contract.GateNotMeasured, nil
}
