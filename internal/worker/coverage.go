// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// coverageStage reads what the tests covered and compares each metric with the threshold. The threshold is the
// environment's: what a repository's own configuration says of one does not count.
type coverageStage struct {
	tree      *gitrepo.WorkTree
	reports   []string // the environment's patterns
	threshold int      // percent
	missing   string   // what becomes of metrics that the reports lack: contract.Ignore, the default, or contract.Fail
	changed   changedLines
	repairs   bool // there are repair rounds
	clean     cleaner
}

func (c coverageStage) run(ctx context.Context, s *State) error {
	found, err := report.FindCoverage(c.tree.Dir(), c.reports, s.TestsBegan)
	err = c.measure(ctx, s, found, err)
	var f *failure
	if c.repairs && errors.As(err, &f) && f.outcome == contract.OutcomeCoverageTooLow {
		s.repair.evidence.uncovered = c.changed.uncovered(ctx, s, found)
	}
	return err
}

func (c coverageStage) measure(ctx context.Context, s *State, found report.CoverageReport, err error) error {
	switch {
	case errors.Is(err, report.ErrNotMeasured):
		s.Result.CoverageGate = contract.GateNotMeasured
		return failed(contract.OutcomeCoverageNotMeasured, fmt.Errorf("%w%s", err, adviceFor(c.tree, true)))
	case err != nil:
		return fmt.Errorf("reading the coverage: %w", err)
	}
	coverage := found.Coverage
	gate, below := report.Gate(coverage, c.threshold)
	s.Result.Coverage, s.Result.CoverageGate = &coverage, gate
	s.CoverageFiles, s.CoverageBeside, s.CoverageFormat = found.Files, found.Beside, strings.Join(found.Formats, ", ")
	for _, ignored := range found.Ignored {
		s.note("Coverage not counted: %s", c.clean(ignored))
	}
	if missing := missingMetrics(coverage); len(missing) > 0 {
		s.note("The coverage report (%s) has no %s; they were not compared with the threshold.", s.CoverageFormat, strings.Join(missing, ", "))
	}
	s.CoverageParts = found.Parts
	for _, partial := range found.Partial {
		s.note("Of the coverage, %s.", c.clean(partial))
	}
	logOf(ctx).Info("Coverage measured", keyCoverage, coverage)
	if lacking := slices.Concat(found.Missing, found.Partial); len(lacking) > 0 && c.missing == contract.Fail && gate == contract.GatePassed {
		s.Result.CoverageGate = contract.GateNotMeasured
		return failedf(contract.OutcomeCoverageNotMeasured, "gates.missingMetrics is Fail, and the coverage (%s) lacks metrics: %s; let the test command write a format that has them",
			s.CoverageFormat, c.clean(strings.Join(lacking, ", ")))
	}
	switch gate {
	case contract.GatePassed:
		return c.changed.measure(ctx, s, found)
	case contract.GateFailed:
		return failedf(contract.OutcomeCoverageTooLow, "coverage is below %d%%: %s", c.threshold, describe(below))
	default:
		return failedf(contract.OutcomeCoverageNotMeasured, "the coverage report (%s) has neither lines nor statements that could be measured", s.CoverageFormat)
	}
}

// missingMetrics are the metrics that a report does not have.
func missingMetrics(c contract.Coverage) []string {
	var names []string
	for _, m := range report.Metrics(c) {
		if m.Percent == nil {
			names = append(names, m.Name)
		}
	}
	return names
}

// describe writes metrics for a message: "lines 71.2%".
func describe(metrics []report.Metric) string {
	texts := make([]string, 0, len(metrics))
	for _, m := range metrics {
		texts = append(texts, m.Name+" "+prbody.Percent(*m.Percent))
	}
	return strings.Join(texts, ", ")
}
