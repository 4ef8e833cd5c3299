// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestTestOutcomes(t *testing.T) {
	testOutcomes(t, map[string]outcomeCase{
		"TestsRed": {
			why:     "Red tests fail the work, and the pull request names them.",
			files:   func(f map[string]string) { f["test.sh"] = testScript(3, 1, 95) },
			outcome: contract.OutcomeTestsFailed, stage: contract.StageTest, message: "1 of 4 tests failed: cart adds 3",
			body: "`cart adds 3`", code: ExitWork, processed: true,
		},
		"TestsRedNotLast": {
			why:     "An attempt that is followed by another does not process the trigger.",
			files:   func(f map[string]string) { f["test.sh"] = testScript(3, 1, 95) },
			prepare: func(w *world) { w.options.Parameters.LastAttempt = false },
			outcome: contract.OutcomeTestsFailed, stage: contract.StageTest, code: ExitWork,
		},
		"NothingMeasured": {
			why:     "Tests that leave no results prove nothing, whatever their exit code.",
			files:   func(f map[string]string) { f["test.sh"] = "echo all good\n" },
			outcome: contract.OutcomeTestsNotMeasured, stage: contract.StageTest, body: "not measured", code: ExitWork, processed: true,
		},
		"OldReports": {
			why: "Reports that are in the repository from before were not measured by this run.",
			files: func(f map[string]string) {
				f["results.json"], f[".gitignore"] = jestText(t, testScript(4, 0, 90)), ""
				f["test.sh"] = "true\n"
			},
			outcome: contract.OutcomeTestsNotMeasured, stage: contract.StageTest, code: ExitWork, processed: true,
		},
		"ExitCodeAlone": {
			why: "A test command that fails although no test did has failed: a suite that could not be loaded looks so.",
			files: func(f map[string]string) {
				f["test.sh"] = strings.Replace(testScript(4, 0, 90), "exit 0", "exit 7", 1)
			},
			outcome: contract.OutcomeTestsFailed, stage: contract.StageTest, message: `ended with exit code 7`, code: ExitWork, processed: true,
		},
	})
}

func jestText(t *testing.T, script string) string {
	t.Helper()
	_, rest, _ := strings.Cut(script, "cat > results.json <<'EOF'\n")
	text, _, ok := strings.Cut(rest, "\nEOF")
	if !ok {
		t.Fatal("the script has no results")
	}
	return text
}
