// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// changedLines is the gate over the lines that the work changed, in all its attempts. It is part of the coverage stage.
type changedLines struct {
	repo *gitrepo.Repository
	// threshold is the lowest coverage that passes, in percent; nil is no gate.
	threshold *int
	// item is the line of the commits' messages that names the work item.
	item  string
	clean cleaner
}

// measure compares the coverage of the lines that the work added with the threshold.
func (c changedLines) measure(ctx context.Context, s *State, found report.CoverageReport) error {
	if c.threshold == nil {
		return nil
	}
	added, err := c.added(ctx, s)
	if err != nil {
		return err
	}
	lines := found.Lines(added)
	if lines.NoLines {
		s.Result.CoverageGate = contract.GateNotMeasured
		return failedf(contract.OutcomeCoverageNotMeasured, "gates.changedLines needs a report that names lines, and %s names none; let the test command write LCOV, "+
			"Istanbul's coverage-final.json, Cobertura, JaCoCo or a Go profile as well", s.CoverageFormat)
	}
	percent := lines.Percent()
	s.Result.ChangedLines = &contract.ChangedLines{Covered: lines.Covered, Total: lines.Total, Percent: percent}
	if percent == nil {
		s.note("The work changed no line that the coverage reports could tell of, so gates.changedLines had nothing to measure.")
		return nil
	}
	where := ""
	if len(lines.Unreported) > 0 {
		where = c.clean("; no report tells of " + firstFew(lines.Unreported) + ", so none of its lines counts as covered")
		s.note("%s.", strings.TrimPrefix(where, "; "))
	}
	if *percent < float64(*c.threshold) {
		s.Result.CoverageGate = contract.GateFailed
		return failedf(contract.OutcomeCoverageTooLow, "of the lines that the work changed %s ran (%d of %d), and gates.changedLines asks for %d%%%s",
			prbody.Percent(*percent), lines.Covered, lines.Total, *c.threshold, where)
	}
	return nil
}

// base is the commit that the work began on: before its first commit, which an earlier attempt may have pushed.
func (c changedLines) base(ctx context.Context, s *State) (string, error) {
	begin, err := c.repo.BeginOf(ctx, s.Result.Commit, c.item)
	if err != nil {
		return "", fmt.Errorf("looking for the work's first commit: %w", err)
	}
	if begin == "" {
		return s.Base, nil
	}
	return begin, nil
}

// isCode is false of a line that is empty, a bracket or a comment.
func isCode(text string) bool {
	text = strings.TrimSpace(text)
	if strings.Trim(text, "(){}[];,") == "" {
		return false
	}
	for _, begin := range []string{"//", "#", "/*", "*", "--", "<!--"} {
		if strings.HasPrefix(text, begin) {
			return false
		}
	}
	return true
}
