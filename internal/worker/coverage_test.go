// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestCoverageOutcomes(t *testing.T) {
	testOutcomes(t, map[string]outcomeCase{
		"CoverageLow": {
			why:     "Each metric is compared with the threshold.",
			files:   func(f map[string]string) { f["test.sh"] = testScript(4, 0, 79.99) },
			outcome: contract.OutcomeCoverageTooLow, stage: contract.StageCoverage, message: "coverage is below 80%: lines 79.99%",
			body: "| lines | 79.99% | ❌ |", code: ExitWork, processed: true,
		},
		"MissingMetrics": {
			why: "Where the environment says so, a metric that no report has fails the attempt, although those that it has pass.",
			files: func(f map[string]string) {
				f["test.sh"] = strings.Replace(testScript(4, 0, 90), "exit 0", "rm -r coverage; printf 'SF:a\\nDA:1,1\\nend_of_record\\n' > lcov.info; exit 0", 1)
			},
			prepare: func(w *world) { w.options.Parameters.Settings.MissingMetrics = contract.Fail },
			outcome: contract.OutcomeCoverageNotMeasured, stage: contract.StageCoverage, message: "lacks metrics: functions, branches, statements", code: ExitWork, processed: true,
		},
		"OfAPart": {
			why: "A metric that only a part of the code has is not shown for the whole.",
			files: func(f map[string]string) {
				f["test.sh"] = strings.Replace(testScript(4, 0, 50), "exit 0", "mkdir -p api; printf 'SF:a.py\nDA:1,1\nend_of_record\n' > api/lcov.info; exit 0", 1)
			},
			outcome: contract.OutcomeCoverageTooLow, stage: contract.StageCoverage, body: "of a part of the code (see the notes)", code: ExitWork, processed: true,
		},
		"NoCoverage": {
			why: "Passing tests without a coverage report are not measured.",
			files: func(f map[string]string) {
				f["test.sh"] = testScript(4, 0, 90) + "\n"
				f["test.sh"] = strings.Replace(f["test.sh"], "exit 0", "rm -r coverage; exit 0", 1)
			},
			outcome: contract.OutcomeCoverageNotMeasured, stage: contract.StageCoverage, code: ExitWork, processed: true,
		},
	})
}

// The thresholds are the environment's. An agent that lowers those of the repository gains nothing, and the pull request
// says where to look.
func TestAgentLowersThresholds(t *testing.T) {
	files := map[string]string{
		"package.json":   `{"scripts":{"test":"jest --coverage"},"jest":{"coverageThreshold":{"global":{"lines":80}}}}`,
		"jest.config.js": "module.exports = { coverageThreshold: { global: { lines: 80 } } };\n",
		".nycrc.json":    `{"check-coverage":true,"lines":80}`,
	}
	w := newWorld(t, func(f map[string]string) {
		maps.Copy(f, files)
		f["test.sh"] = testScript(4, 0, 41)
	})
	w.options.Parameters.LastAttempt = true
	names := slices.Sorted(maps.Keys(files))
	w.options.Parameters.Settings.AgentCommand = shell(`sed -i s/80/1/ ` + strings.Join(names, " ") + `; echo "$1" > f$1`)
	codes := w.codebuild(t.Context())
	row, result := w.row()
	if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeCoverageTooLow || result.CoverageGate != contract.GateFailed || codes[PhaseFinally] != ExitWork {
		t.Errorf("got %s %+v", row.Status, result)
	}
	if !strings.Contains(result.Message, "coverage is below 80%") {
		t.Errorf("the environment's threshold counts: %s", result.Message)
	}
	_, look, found := strings.Cut(w.body(), "**Look twice:**")
	for _, name := range names {
		if !found || !strings.Contains(look, "`"+name+"`") {
			t.Errorf("%s is not to be looked at twice:\n%s", name, w.body())
		}
	}
}
