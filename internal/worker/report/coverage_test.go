// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// percent makes a coverage; a negative number is a metric that is not measured.
func percent(lines, functions, branches, statements float64) contract.Coverage {
	p := func(v float64) *float64 {
		if v < 0 {
			return nil
		}
		return &v
	}
	return contract.Coverage{Lines: p(lines), Functions: p(functions), Branches: p(branches), Statements: p(statements)}
}

// What a writer leaves out of a report's records, or writes in another place, is in its sums.
func TestCoverageOfOddReports(t *testing.T) {
	cases := []struct {
		why   string
		files map[string]string
		want  contract.Coverage
	}{
		{"LCOV with the lines that ran alone", map[string]string{"lcov.info": "SF:a.c\nDA:1,1\nDA:2,1\nLF:10\nLH:2\nend_of_record\n"}, percent(20, -1, -1, -1)},
		{"LCOV whose sums repeat a file's lines", map[string]string{"lcov.info": "TN:a\nSF:a.c\nDA:1,1\nDA:2,0\nLF:2\nLH:1\nend_of_record\nTN:b\nSF:a.c\nDA:1,0\nDA:2,1\nLF:2\nLH:1\nend_of_record\n"}, percent(100, -1, -1, -1)},
		{"LCOV without records of lines", map[string]string{"lcov.info": "SF:a.c\nLF:4\nLH:1\nend_of_record\n"}, percent(25, -1, -1, -1)},
		{"Clover of two projects", map[string]string{"clover.xml": `<coverage generated="1"><project><metrics statements="90" coveredstatements="0"/></project><project><metrics statements="10" coveredstatements="10"/></project></coverage>`}, percent(10, -1, -1, -1)},
		{"Clover whose test code is first", map[string]string{"clover.xml": `<coverage generated="1"><testproject><metrics statements="5" coveredstatements="5"/></testproject><project><metrics statements="10" coveredstatements="4"/></project></coverage>`}, percent(40, -1, -1, -1)},
		{"Cobertura of Python beside LCOV of TypeScript", map[string]string{
			"coverage.xml": `<coverage lines-valid="10" lines-covered="10"><class filename="a.py"><line number="1" hits="1"/></class></coverage>`,
			"lcov.info":    "SF:a.ts\nDA:1,0\nDA:2,0\nDA:3,0\nDA:4,0\nDA:5,0\nDA:6,0\nDA:7,0\nDA:8,0\nDA:9,0\nDA:10,0\nend_of_record\n",
		}, percent(50, -1, -1, -1)},
		{"Clover beside Cobertura of the same file has the functions", map[string]string{
			"coverage/cobertura-coverage.xml": `<coverage lines-valid="4" lines-covered="2"><class filename="src/a.ts"><line number="1" hits="1"/><line number="2" hits="1"/><line number="3" hits="0"/><line number="4" hits="0"/></class></coverage>`,
			"coverage/clover.xml":             `<coverage generated="1"><project><metrics statements="4" coveredstatements="2" methods="5" coveredmethods="1"/><file path="src/a.ts"><metrics statements="4" coveredstatements="2" methods="5" coveredmethods="1"/></file></project></coverage>`,
			"src/a.ts":                        "a\nb\nc\nd\n",
		}, percent(50, 20, -1, -1)},
		{"two parts of a repository, one of them with lines alone", map[string]string{
			"a/lcov.info": "SF:a.ts\nDA:1,1\nend_of_record\n", "b/lcov.info": "SF:b.ts\nDA:1,0\nFN:1,f\nFNDA:0,f\nFNF:1\nFNH:0\nend_of_record\n",
		}, percent(50, 0, -1, -1)},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			var paths []string
			for name := range c.files {
				if !strings.HasPrefix(name, "src/") {
					paths = append(paths, name)
				}
			}
			got, err := report.FindCoverage(repo(t, c.files), paths, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Coverage); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestCoverageOfTheRealTools(t *testing.T) {
	cases := []struct {
		why, file, format string
		want              contract.Coverage
	}{
		{"Jest's summary; one of its totals has the pct \"Unknown\"", "jest-coverage-summary.json", "Istanbul summary", percent(66.66, 66.66, 25, 66.66)},
		{"Jest's full report comes to the same as its summary", "jest-coverage-final.json", "Istanbul", percent(66.66, 66.66, 25, 66.66)},
		{"Jest's LCOV has no statements", "jest-lcov.info", "LCOV", percent(66.66, 66.66, 25, -1)},
		{"Jest's Cobertura has lines and branches", "jest-cobertura-coverage.xml", "Cobertura", percent(66.66, -1, 25, -1)},
		{"Jest's Clover calls lines statements", "jest-clover.xml", "Clover", percent(66.66, 66.66, 25, -1)},
		{"nyc's summary", "nyc-coverage-summary.json", "Istanbul summary", percent(93.75, 81.81, 50, 95.45)},
		{"nyc's full report comes to the same", "nyc-coverage-final.json", "Istanbul", percent(93.75, 81.81, 50, 95.45)},
		{"nyc's LCOV too", "nyc-lcov.info", "LCOV", percent(93.75, 81.81, 50, -1)},
		{"c8's summary", "c8-coverage-summary.json", "Istanbul summary", percent(86.36, 66.66, 100, 86.36)},
		{"c8's full report comes to the same", "c8-coverage-final.json", "Istanbul", percent(86.36, 66.66, 100, 86.36)},
		{"c8's LCOV too", "c8-lcov.info", "LCOV", percent(86.36, 66.66, 100, -1)},
		{"Vitest's summary", "vitest-coverage-summary.json", "Istanbul summary", percent(18.18, 33.33, 100, 18.18)},
		{"Vitest's full report comes to the same", "vitest-coverage-final.json", "Istanbul", percent(18.18, 33.33, 100, 18.18)},
		{"Vitest's LCOV too", "vitest-lcov.info", "LCOV", percent(18.18, 33.33, 100, -1)},
		{"Vitest's Cobertura", "vitest-cobertura-coverage.xml", "Cobertura", percent(18.18, -1, 100, -1)},
		{"Go has statements only", "go-count.out", "Go cover profile", percent(-1, -1, -1, 75)},
		{"also where it does not count", "go-set.out", "Go cover profile", percent(-1, -1, -1, 75)},
		{"JaCoCo has instructions, which are no statements", "jacoco.xml", "JaCoCo", percent(66.66, 80, 50, -1)},
		{"coverage.py's Cobertura", "coveragepy-cobertura.xml", "Cobertura", percent(94.44, -1, 84.21, -1)},
		{"coverage.py's LCOV has no functions, and sums of branches that differ from its records'", "coveragepy-lcov.info", "LCOV", percent(94.44, -1, 84.21, -1)},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := report.FindCoverage(repo(t, map[string]string{"out": "@coverage/" + c.file}), []string{"out"}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Coverage); diff != "" {
				t.Errorf("coverage (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{c.format}, got.Formats); diff != "" {
				t.Errorf("format (-want +got):\n%s", diff)
			}
		})
	}
}

const (
	summaryHalf = `{"total":{"lines":{"total":10,"covered":5,"pct":50}}}`
	summaryFull = `{"total":{"lines":{"total":30,"covered":30,"pct":100}}}`
)

func TestFindCoverage(t *testing.T) {
	cases := []struct {
		why     string
		files   map[string]string
		paths   []string
		want    contract.Coverage
		used    []string
		ignored int
	}{
		{"of the formats that Jest writes at once, one counts",
			map[string]string{"coverage/clover.xml": "@coverage/jest-clover.xml", "coverage/coverage-final.json": "@coverage/jest-coverage-final.json",
				"coverage/lcov.info": "@coverage/jest-lcov.info"}, nil, percent(66.66, 66.66, 25, 66.66), []string{"coverage/coverage-final.json"}, 2},
		{"packages are summed by their counts, not averaged by their percentages",
			map[string]string{"packages/a/coverage/coverage-summary.json": summaryHalf, "packages/b/coverage/coverage-summary.json": summaryFull}, nil,
			percent(87.5, -1, -1, -1), []string{"packages/a/coverage/coverage-summary.json", "packages/b/coverage/coverage-summary.json"}, 0},
		{"configured paths all count", map[string]string{"a.json": summaryHalf, "b.json": summaryFull, "coverage/coverage-summary.json": summaryHalf},
			[]string{"?.json"}, percent(87.5, -1, -1, -1), []string{"a.json", "b.json"}, 0},
		{"a tracefile with one file in two tests counts a line that any of them ran",
			map[string]string{"lcov.info": "TN:a\nSF:x\nDA:1,1\nDA:2,0\nend_of_record\nTN:b\nSF:x\nDA:1,0\nDA:2,3\nend_of_record\n"}, nil,
			percent(100, -1, -1, -1), []string{"lcov.info"}, 0},
		{"a function's name may hold commas, and its last line may be before it", map[string]string{"lcov.info": "SF:x\nFN:1,f(int, int)\nFN:5,9,g(int, char)\nFNDA:2,f(int, int)\nFNDA:0,g(int, char)\nFNF:2\nFNH:1\nend_of_record\n"}, nil,
			percent(-1, 50, -1, -1), []string{"lcov.info"}, 0},
		{"functions of one name are as many as the file says", map[string]string{"lcov.info": "SF:x\nFN:1,(anonymous)\nFN:5,(anonymous)\nFN:9,(anonymous)\nFNDA:2,(anonymous)\nFNF:3\nFNH:1\nend_of_record\n"}, nil,
			percent(-1, 33.33, -1, -1), []string{"lcov.info"}, 0},
		{"lcov 2.2 gives functions an index, and perhaps several names", map[string]string{"lcov.info": "SF:x\nFNL:0,1,4\nFNA:0,2,f\nFNA:0,0,f<int>\nFNL:1,6\nFNA:1,0,g\nFNF:2\nFNH:1\nend_of_record\n"}, nil,
			percent(-1, 50, -1, -1), []string{"lcov.info"}, 0},
		{"a tracefile that has sums only is read by them", map[string]string{"lcov.info": "SF:x\nLF:4\nLH:3\nend_of_record\n"}, nil,
			percent(75, -1, -1, -1), []string{"lcov.info"}, 0},
		{"a Go block that two packages' tests ran counts once",
			map[string]string{"cover.out": "mode: set\na.go:1.1,2.2 3 0\nb.go:1.1,2.2 1 1\na.go:1.1,2.2 3 1\n"}, nil, percent(-1, -1, -1, 100), []string{"cover.out"}, 0},
		{"a Cobertura report without sums is counted by its lines, not those of methods",
			map[string]string{"coverage.xml": `<coverage><class><methods><line hits="1"/></methods><lines><line hits="1"/><line hits="0" condition-coverage="50% (1/2)"/></lines></class></coverage>`},
			nil, percent(50, -1, 50, -1), []string{"coverage.xml"}, 0},
		{"79.999 is not 80", map[string]string{"a": `{"total":{"lines":{"total":100000,"covered":79999,"pct":80}}}`}, []string{"a"},
			percent(79.99, -1, -1, -1), []string{"a"}, 0},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := report.FindCoverage(repo(t, c.files), c.paths, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Coverage); diff != "" {
				t.Errorf("coverage (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.used, got.Files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if len(got.Ignored) != c.ignored {
				t.Errorf("ignored %v; want %d", got.Ignored, c.ignored)
			}
		})
	}
}

func TestCoverageThatIsNotMeasured(t *testing.T) {
	cases := []struct{ why, content, says string }{
		{"more covered than there is", `{"total":{"lines":{"total":1,"covered":2,"pct":200}}}`, "impossible"},
		{"a negative count", `{"total":{"lines":{"total":-1,"covered":-1,"pct":100}}}`, "impossible"},
		{"a count that overflows", `{"total":{"lines":{"total":1e30,"covered":1e30,"pct":100}}}`, "impossible"},
		{"a percentage without counts", `{"total":{"lines":{"pct":100}}}`, "no code at all"},
		{"all totals are 0", `{"total":{"lines":{"total":0,"covered":0,"pct":"Unknown"}}}`, "no code at all"},
		{"an empty Go profile", "mode: set\n", "no code at all"},
		{"a Go profile that ends in the middle", "mode: set\na.go:1.1,2.2 3", "no block"},
		{"a negative Go block", "mode: set\na.go:1.1,2.2 -3 1\n", "no block"},
		{"LCOV that ends in the middle", "SF:x\nDA:1,1\nend_of_record\nSF:y\nDA:1,1\n", "cut short"},
		{"LCOV with a negative count", "SF:x\nDA:1,-1\nend_of_record\n", "no number of runs"},
		{"LCOV that is not a number", "SF:x\nDA:1,NaN\nend_of_record\n", "no number of runs"},
		{"JaCoCo with a negative counter", `<report><counter type="LINE" missed="-5" covered="5"/></report>`, "no count"},
		{"Cobertura with more covered than valid", `<coverage lines-valid="1" lines-covered="9"/>`, "impossible"},
		{"Cobertura with entities", `<!DOCTYPE c [<!ENTITY a "a">]><coverage lines-valid="1" lines-covered="1"/>`, "entities"},
		{"Istanbul without counts", `{"a.js":{"statementMap":{}}}`, "missing"},
		{"a format that nobody knows", "100 %", "none of the known formats"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := report.FindCoverage(repo(t, map[string]string{"r": c.content}), []string{"r"}, time.Time{})
			if !errors.Is(err, report.ErrNotMeasured) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %+v and the error %v; want it not measured, saying %q", got.Coverage, err, c.says)
			}
		})
	}
	if _, err := report.FindCoverage(t.TempDir(), nil, time.Time{}); !errors.Is(err, report.ErrNotMeasured) {
		t.Errorf("an empty repository gave %v; want it not measured", err)
	}
}

func TestGate(t *testing.T) {
	cases := []struct {
		why       string
		coverage  contract.Coverage
		threshold int
		want      contract.Gate
		below     string
	}{
		{"each metric at the threshold passes", percent(80, 80, 80, 80), 80, contract.GatePassed, ""},
		{"one below fails, and is named", percent(90, 90, 79.99, 90), 80, contract.GateFailed, "branches"},
		{"a metric that the format lacks is not held against it", percent(80, -1, -1, -1), 80, contract.GatePassed, ""},
		{"nothing measured is never passed, not even at 0", contract.Coverage{}, 0, contract.GateNotMeasured, ""},
		{"neither lines nor statements is not measured, whatever else is", percent(-1, 100, 100, -1), 80, contract.GateNotMeasured, ""},
		{"statements alone are enough", percent(-1, -1, -1, 80), 80, contract.GatePassed, ""},
		{"a threshold of 0 passes what was measured", percent(0, -1, -1, -1), 0, contract.GatePassed, ""},
		{"what is not a number is below", percent(math.NaN(), -1, -1, -1), 0, contract.GateFailed, "lines"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, metrics := report.Gate(c.coverage, c.threshold)
			var below []string
			for _, m := range metrics {
				below = append(below, m.Name)
			}
			if got != c.want || strings.Join(below, " ") != c.below {
				t.Errorf("got %q, below: %v; want %q, %q", got, below, c.want, c.below)
			}
		})
	}
}
