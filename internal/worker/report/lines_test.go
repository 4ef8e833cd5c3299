// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// code are lines of code by their numbers.
func code(numbers ...int) []report.Line {
	lines := make([]report.Line, 0, len(numbers))
	for _, n := range numbers {
		lines = append(lines, report.Line{Number: n, Code: true})
	}
	return lines
}

func TestChangedLines(t *testing.T) {
	const (
		lcov      = "SF:src/a.js\nDA:1,1\nDA:2,0\nDA:4,3\nend_of_record\n"
		istanbul  = `{"/app/src/a.js":{"path":"/app/src/a.js","statementMap":{"0":{"start":{"line":1}},"1":{"start":{"line":2}}},"s":{"0":1,"1":0},"f":{},"b":{}}}`
		cobertura = `<coverage><sources><source>/app</source></sources><class filename="src/a.py"><line number="1" hits="1"/><line number="2" hits="0"/></class></coverage>`
		jacoco    = `<report name="r"><package name="com/x"><sourcefile name="A.java"><line nr="1" ci="1"/><line nr="2" mi="1"/></sourcefile></package><counter type="LINE" missed="1" covered="1"/></report>`
		profile   = "mode: set\nex.com/m/pkg/a.go:10.2,12.16 3 1\nex.com/m/pkg/a.go:12.16,14.3 2 0\n"
	)
	cases := []struct {
		why   string
		files map[string]string
		added map[string][]report.Line
		want  report.ChangedLines
	}{
		{"LCOV: a line without code does not count", map[string]string{"lcov.info": lcov}, map[string][]report.Line{"src/a.js": code(1, 2, 3)}, report.ChangedLines{Covered: 1, Total: 2}},
		{"Istanbul, from a container", map[string]string{"coverage/coverage-final.json": istanbul, "src/a.js": "x"}, map[string][]report.Line{"src/a.js": code(1, 2)}, report.ChangedLines{Covered: 1, Total: 2}},
		{"Cobertura, from a container", map[string]string{"coverage.xml": cobertura, "src/a.py": "x"}, map[string][]report.Line{"src/a.py": code(1, 2, 7)}, report.ChangedLines{Covered: 1, Total: 2}},
		{"JaCoCo, which names packages and no paths", map[string]string{"target/site/jacoco/jacoco.xml": jacoco}, map[string][]report.Line{"core/src/main/java/com/x/A.java": code(1, 2)}, report.ChangedLines{Covered: 1, Total: 2}},
		{"Go, whose profile has blocks and the module's name", map[string]string{"coverage.out": profile}, map[string][]report.Line{"pkg/a.go": append(code(10, 11, 13, 40), report.Line{Number: 14})}, report.ChangedLines{Covered: 2, Total: 3}},
		{"two reports of one file: what ran in either ran", map[string]string{"coverage/unit/lcov.info": lcov, "coverage/e2e/lcov.info": "SF:src/a.js\nDA:2,1\nend_of_record\n"}, map[string][]report.Line{"src/a.js": code(2)}, report.ChangedLines{Covered: 1, Total: 1}},
		{"a new file that no test loads is in no report: nothing of it ran", map[string]string{"lcov.info": lcov}, map[string][]report.Line{"src/a.js": code(1), "src/new.ts": append(code(1, 2), report.Line{Number: 3})}, report.ChangedLines{Covered: 1, Total: 3, Unreported: []string{"src/new.ts"}}},
		{"tests and configuration are in no report, either", map[string]string{"lcov.info": lcov}, map[string][]report.Line{"src/a.test.js": code(1), "test/b.js": code(1), "vite.config.ts": code(1), "src/types.d.ts": code(1)}, report.ChangedLines{}},
		{"nor are other languages", map[string]string{"lcov.info": lcov}, map[string][]report.Line{"README.md": code(1), "deploy.py": code(1)}, report.ChangedLines{}},
		{"a file without code has no line that could run", map[string]string{"lcov.info": lcov + "SF:src/types.ts\nLF:0\nLH:0\nend_of_record\n"}, map[string][]report.Line{"src/types.ts": code(1, 2)}, report.ChangedLines{}},
		{"a summary names no lines", map[string]string{"coverage/coverage-summary.json": `{"total":{"lines":{"total":1,"covered":1,"pct":100}},"/app/src/a.js":{"lines":{"total":1,"covered":1,"pct":100}}}`, "src/a.js": "x"}, map[string][]report.Line{"src/a.js": code(1)}, report.ChangedLines{Total: 1, Unreported: []string{"src/a.js"}, NoLines: true}},
		{"nor does one beside a report of other files that does", map[string]string{"web/coverage/coverage-summary.json": `{"total":{"lines":{"total":1,"covered":1,"pct":100}},"/app/web/b.js":{"lines":{"total":1,"covered":1,"pct":100}}}`, "web/b.js": "x", "lcov.info": lcov}, map[string][]report.Line{"web/b.js": code(1)}, report.ChangedLines{Total: 1, Unreported: []string{"web/b.js"}}},
		{"a file of the same name elsewhere is another", map[string]string{"lcov.info": lcov}, map[string][]report.Line{"a.js": code(1)}, report.ChangedLines{Total: 1, Unreported: []string{"a.js"}}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			found, err := report.FindCoverage(repo(t, c.files), nil, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, found.Lines(c.added)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
