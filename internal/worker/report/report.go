// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package report reads test results and coverage in the file formats of the tools that write them, and compares them
// with the gates. It runs no tests, and what a gate makes of the attempt is the caller's.
//
// A repository's files are hostile input: they are bounded in size, links out of the repository are not followed,
// and impossible numbers are refused. What cannot be read, or is older than the run, is not measured; that is
// never counted as a pass.
package report

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// ErrNotMeasured is in the chain of every error that says that nothing usable was found. Its text says to a person what
// was looked at and what to do.
var ErrNotMeasured = errors.New("not measured")

const (
	// maxCases is the highest number of test cases that is believed.
	maxCases = 10_000_000
	// maxUnits is the same for lines, branches and so on.
	maxUnits = 100_000_000
	// maxNames is how many failed tests are named, and maxName how long a name may be, in bytes.
	maxNames = 50
	maxName  = 200
	// maxMessage is how much is kept of what a failed test said, in bytes.
	maxMessage = 1000
)

// errOther is a parser's way to say that a text is not in its format at all.
var errOther = errors.New("not in this format")

// TestReport is what a run of the tests gave.
type TestReport struct {
	// Tests are the sums over all files.
	Tests contract.Tests
	// FailedNames are the names of failed tests, cut, and at most 50 of them.
	FailedNames []string
	// Messages are what failed tests said, by name, cut, as far as the formats tell: untrusted text.
	Messages map[string]string
	// Cases are the tests by name.
	Cases Cases
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
	// Formats are the names of the formats that it was read from.
	Formats []string
	// Files are the reports that were read, relative to the repository.
	Files []string
	// Beside are reports of the same run in other formats, which were not counted again.
	Beside []string
	// Missing are the metrics that no report has; one of which there is nothing in the code is not missing.
	Missing []string
	// Parts are the metrics that not all reports have: they are of a part of the code.
	Parts []string
	// Partial says of each metric that not all reports have which of them do.
	Partial []string
	// Ignored are files that look like reports but do not count, each with the reason.
	Ignored []string

	// sources are the source files that the reports tell of.
	sources map[string]*sharedFile
}

// notMeasured says that nothing was found, and what was found instead.
func notMeasured(what, advice string, ignored []string) error {
	if len(ignored) == 0 {
		return fmt.Errorf("%w: %s was found; %s", ErrNotMeasured, what, advice)
	}
	const most = 3
	shown := ignored
	if len(shown) > most {
		shown = append(shown[:most:most], fmt.Sprintf("and %d more", len(ignored)-most))
	}
	return fmt.Errorf("%w: %s was found (%s); %s", ErrNotMeasured, what, strings.Join(shown, "; "), advice)
}

// name makes a test's name fit for one line.
func name(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	text := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.Join(kept, " › "))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxName {
		text = strings.ToValidUTF8(text[:maxName], "") + "…"
	}
	return text
}
