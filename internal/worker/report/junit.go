// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/xml"
	"fmt"
)

// parseJUnit counts test cases, because the sums in a suite's attributes mean different things in different tools.
// They are only read for failures that are in no test case.
func parseJUnit(text []byte) (counts, error) {
	if !isXML(text) {
		return counts{}, errOther
	}
	var j junit
	if err := walkXML(text, []string{"testsuites", "testsuite"}, j.start, j.end); err != nil {
		return counts{}, err
	}
	if total := j.passed + j.failed + j.skipped; j.declaredTests > 0 && total == 0 {
		return counts{}, fmt.Errorf("it declares %d tests but holds none", j.declaredTests)
	}
	if missing := j.declaredFailed - j.failed; missing > 0 {
		j.failed += missing
		j.names = append(j.names, name(fmt.Sprintf("%d failures that the suites report without a test case", missing)))
	}
	return j.counts, nil
}

// junit is the state of reading one document.
type junit struct {
	counts
	suites                        int // how many suites are open
	declaredFailed, declaredTests int64

	inCase             bool
	class, title       string
	red, omitted, todo bool
}

func (j *junit) start(e xml.StartElement) error {
	switch e.Name.Local {
	case "testsuite":
		j.suites++
		return j.declare(e)
	case "testcase":
		j.inCase, j.red, j.omitted, j.todo = true, false, false, false
		j.class, j.title = attribute(e, "classname"), attribute(e, "name")
		switch attribute(e, "status") {
		case "disabled", "notrun", "skipped":
			j.omitted = true
		}
	case "failure", "error":
		if j.inCase {
			j.red = true
		} else if j.suites > 0 {
			// An error of a whole suite, as of a hook before its tests.
			j.fail("a suite as a whole: " + attribute(e, "message"))
		}
	case "skipped":
		if j.inCase {
			j.omitted, j.todo = true, attribute(e, "type") == "todo"
		}
	}
	return nil
}

// declare sums what outermost suites report of themselves; those within are in their sums.
func (j *junit) declare(e xml.StartElement) error {
	for _, attr := range []string{"tests", "failures", "errors", "skipped", "disabled"} {
		n, err := number(e, attr, maxCases)
		if err != nil {
			return err
		}
		switch {
		case j.suites > 1:
		case attr == "failures" || attr == "errors":
			j.declaredFailed += n
		case attr == "tests":
			j.declaredTests += n
		}
	}
	return nil
}

func (j *junit) end(element string) {
	switch element {
	case "testsuite":
		j.suites--
	case "testcase":
		j.inCase = false
		switch {
		// node:test gives a test that is still to do, and so may fail, both a failure and <skipped type="todo">.
		case j.red && !j.todo:
			j.fail(j.class, j.title)
		case j.red, j.omitted:
			j.skipped++
		default:
			j.passed++
		}
	}
}
