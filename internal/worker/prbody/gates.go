// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

func testsCell(r contract.Result) string {
	if r.Tests == nil {
		return "not measured"
	}
	text := fmt.Sprintf("%s: %d of %d passed, %d failed", gateWord(r.TestsGate), r.Tests.Passed, r.Tests.Total, r.Tests.Failed)
	if r.Tests.Skipped > 0 {
		text += fmt.Sprintf(", %d skipped", r.Tests.Skipped)
	}
	return text
}

func coverageCell(r contract.Result, threshold int) string {
	if r.Coverage == nil {
		return "not measured"
	}
	return fmt.Sprintf("%s, threshold %d%%", gateWord(r.CoverageGate), threshold)
}

func gateWord(g contract.Gate) string {
	switch g {
	case contract.GatePassed:
		return "✅ passed"
	case contract.GateFailed:
		return "❌ failed"
	default:
		return "not measured"
	}
}

func (s Summary) coverage(w *strings.Builder) {
	if s.Result.Coverage == nil {
		return
	}
	var rows [][]string
	for _, m := range report.Metrics(*s.Result.Coverage) {
		row := []string{m.Name, "not in the report", "–"}
		if m.Percent != nil {
			mark := "✅"
			if *m.Percent < float64(s.Threshold) {
				mark = "❌"
			}
			row = []string{m.Name, Percent(*m.Percent), mark}
			if slices.Contains(s.PartOnly, m.Name) {
				row[1] += " of a part of the code (see the notes)"
			}
		}
		rows = append(rows, row)
	}
	if c := s.Result.ChangedLines; c != nil {
		row := []string{"lines that the work changed", "none that could be measured", "–"}
		if c.Percent != nil {
			// Its threshold is its own; whether it passed is the gate's.
			row = []string{row[0], fmt.Sprintf("%s (%d of %d)", Percent(*c.Percent), c.Covered, c.Total), fmt.Sprintf("at least %d%% of these", s.ChangedThreshold)}
		}
		rows = append(rows, row)
	}
	table(w, []string{"Coverage", "Measured", fmt.Sprintf("At least %d%%", s.Threshold)}, rows)
}

// Percent shows two decimals and never rounds up over a threshold: 79.996 is not 80.
func Percent(v float64) string {
	text := strconv.FormatFloat(v, 'f', 6, 64)
	return strings.TrimSuffix(strings.TrimRight(text[:len(text)-4], "0"), ".") + "%"
}
