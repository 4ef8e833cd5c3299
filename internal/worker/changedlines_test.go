// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// lcovScript are tests that pass and say of each line of new.js whether it ran.
func lcovScript(records string) string {
	return strings.Replace(testScript(4, 0, 95), "exit 0", "rm -r coverage; printf '"+records+"' > lcov.info; exit 0", 1)
}

const (
	oldLines = `SF:old.js\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,1\nDA:5,1\nDA:6,1\nDA:7,1\nDA:8,1\nend_of_record\n`
	newFile  = `printf 'a()\n// why\nb()\n' > new.js; printf 'c()\n' >> new.js; echo "$1" > f$1`
)

func TestChangedLinesGate(t *testing.T) {
	cases := map[string]struct {
		why       string
		records   string
		threshold *int
		outcome   contract.Outcome
		message   string
		body      string
	}{
		"Off":       {why: "Without the gate only the whole counts.", records: oldLines + `SF:new.js\nDA:1,0\nDA:3,0\nend_of_record\n`, outcome: contract.OutcomeSucceeded},
		"Passed":    {why: "The lines that the work added ran.", records: oldLines + `SF:new.js\nDA:1,1\nDA:3,1\nDA:4,0\nend_of_record\n`, threshold: ptr.To(60), outcome: contract.OutcomeSucceeded, body: "66.66% (2 of 3) | at least 60% of these"},
		"Low":       {why: "They did not, although the whole is covered well.", records: oldLines + `SF:new.js\nDA:1,1\nDA:3,0\nend_of_record\n`, threshold: ptr.To(80), outcome: contract.OutcomeCoverageTooLow, message: "of the lines that the work changed 50% ran (1 of 2), and gates.changedLines asks for 80%", body: "50% (1 of 2)"},
		"NoReport":  {why: "A new file that nothing loads is in no report.", records: oldLines, threshold: ptr.To(1), outcome: contract.OutcomeCoverageTooLow, message: "no report tells of new.js"},
		"Threshold": {why: "A threshold of nothing is a gate that all pass.", records: oldLines, threshold: ptr.To(0), outcome: contract.OutcomeSucceeded, body: "0% (0 of 3)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(f map[string]string) { f["test.sh"], f["old.js"] = lcovScript(c.records), "1\n" })
			w.options.Parameters.LastAttempt = true
			s := &w.options.Parameters.Settings
			s.AgentCommand, s.ChangedLines = shell(newFile), c.threshold
			w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != c.outcome || !strings.Contains(result.Message, c.message) || (result.ChangedLines != nil) != (c.threshold != nil) {
				t.Errorf("%s\ngot %+v\n%s", c.why, result, w.log)
			}
			if c.outcome == contract.OutcomeCoverageTooLow && result.CoverageGate != contract.GateFailed {
				t.Errorf("%s\nthe gate is %q", c.why, result.CoverageGate)
			}
			if !strings.Contains(w.body(), c.body) {
				t.Errorf("%s\nthe pull request lacks %q:\n%s", c.why, c.body, w.body())
			}
		})
	}
}

// A gate that nothing can measure is not passed.
func TestChangedLinesWithoutLines(t *testing.T) {
	w := newWorld(t)
	s := &w.options.Parameters.Settings
	s.AgentCommand, s.ChangedLines = shell(newFile), ptr.To(1)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeCoverageNotMeasured || result.CoverageGate != contract.GateNotMeasured || !strings.Contains(result.Message, "names none") {
		t.Errorf("got %+v", result)
	}
}

// What an earlier attempt pushed is the work's, too: an attempt that has nothing left to do passes no gate by that.
func TestChangedLinesOfEarlierAttempts(t *testing.T) {
	w := newWorld(t, func(f map[string]string) {
		f["test.sh"], f["old.js"] = lcovScript(oldLines+`SF:new.js\nDA:1,0\nDA:3,0\nDA:4,0\nend_of_record\n`), "1\n"
	})
	w.options.Parameters.CoverageThreshold = 50
	s := &w.options.Parameters.Settings
	s.AgentCommand, s.ChangedLines = shell(newFile), ptr.To(50)
	w.codebuild(t.Context())
	w.next(2)
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeCoverageTooLow || result.ChangedLines == nil || result.ChangedLines.Total != 3 {
		t.Errorf("got %+v\n%s", result, w.log)
	}
}
