// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import "strings"

// xmlCases reads a format of XML in which each test is one element that says what became of it.
type xmlCases struct {
	counts
	roots   []string
	element string
	name    string // attribute of the test's name
	result  string // attribute of its result
	passed  []string
	skipped []string
	// whole is where the format says what became of the run: one that failed or was ended may have no test that says so.
	whole struct {
		element, attribute string
		failed             []string
	}
}

func (x *xmlCases) parse(t *text) (counts, error) {
	if !isXML(t) {
		return counts{}, errOther
	}
	ended := ""
	err := walkXML(t, x.roots, func(e *element) error {
		if said := strings.ToLower(attribute(e, x.whole.attribute)); e.name == x.whole.element && contains(x.whole.failed, said) {
			ended = said
		}
		if e.name != x.element || attribute(e, x.result) == "" {
			return nil
		}
		title := attribute(e, x.name)
		x.knows(title)
		switch result := strings.ToLower(attribute(e, x.result)); {
		case contains(x.passed, result):
			x.counts.passed++
			x.saw(casePassed, title)
		case contains(x.skipped, result):
			x.counts.skipped++
			x.saw(caseSkipped, title)
		default:
			x.fail(title)
			x.saw(caseFailed, title)
		}
		return nil
	}, func(string) {})
	if ended != "" && x.failed == 0 && err == nil {
		x.fail("the run as a whole: " + ended)
	}
	return x.counts, err
}

func contains(names []string, n string) bool {
	for _, name := range names {
		if name == n {
			return true
		}
	}
	return false
}

// parseTRX reads what `dotnet test --logger trx` writes.
func parseTRX(t *text) (counts, error) {
	x := xmlCases{roots: []string{"TestRun"}, element: "UnitTestResult", name: "testName", result: "outcome",
		passed: []string{"passed", "passedbutrunaborted", "warning", "completed"}, skipped: []string{"notexecuted", "inconclusive", "notrunnable", "pending", "disconnected"}}
	x.whole.element, x.whole.attribute, x.whole.failed = "ResultSummary", "outcome", []string{"failed", "aborted", "error", "timeout", "disconnected"}
	return x.parse(t)
}

// parseNUnit reads the results of NUnit 3.
func parseNUnit(t *text) (counts, error) {
	x := xmlCases{roots: []string{"test-run"}, element: "test-case", name: "fullname", result: "result",
		passed: []string{"passed", "warning"}, skipped: []string{"skipped", "inconclusive"}}
	// So it is where a fixture cannot be torn down.
	x.whole.element, x.whole.attribute, x.whole.failed = "test-run", "result", []string{"failed"}
	return x.parse(t)
}

// parseXUnit reads the results of xUnit.net, in its second version.
func parseXUnit(t *text) (counts, error) {
	x := xmlCases{roots: []string{"assemblies", "assembly"}, element: "test", name: "name", result: "result",
		passed: []string{"pass"}, skipped: []string{"skip", "notrun"}}
	// The errors of an assembly are of no test, as those of a fixture's end.
	x.whole.element, x.whole.attribute, x.whole.failed = "error", "type", []string{"assembly-cleanup", "test-assembly-cleanup", "test-class-cleanup", "test-collection-cleanup", "test-cleanup", "test-case-cleanup", "test-method-cleanup", "fatal"}
	return x.parse(t)
}
