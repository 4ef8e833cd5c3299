// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

// parseJUnit counts test cases, because the sums in a suite's attributes mean different things in different tools.
// They are only read for failures that are in no test case, and where there is none at all.
func parseJUnit(t *text) (counts, error) {
	if !isXML(t) {
		return counts{}, errOther
	}
	j := junit{red: map[uint64]int{}}
	if err := walkXML(t, []string{"testsuites", "testsuite"}, j.start, j.end); err != nil {
		return counts{}, err
	}
	declared := j.outermost
	for i, n := range j.whole {
		declared[i] = max(declared[i], n)
	}
	if total := j.passed + j.failed + j.skipped; declared[junitTests] > 0 && total == 0 {
		if declared[junitSkipped] < declared[junitTests] {
			return counts{}, fmt.Errorf("it declares %d tests but holds none", declared[junitTests])
		}
		// Mocha's reporter leaves out the cases that are still to be written.
		j.skipped = declared[junitTests]
	}
	if missing := declared[junitFailed] - j.failures; missing > 0 {
		j.failed += missing
		j.names = append(j.names, name(fmt.Sprintf("%d failures that the suites report without a test case", missing)))
	}
	j.drop()
	return j.counts, nil
}

// What the attributes of a suite declare.
const (
	junitTests = iota
	junitFailed
	junitSkipped
	junitSums
)

// junit is the state of reading one document.
type junit struct {
	counts
	suites           []string // the names of those that are open
	outermost, whole [junitSums]int64
	// failures are the elements that say that something failed: tools count these, also those of a run that was repeated,
	// and several of one case.
	failures int64

	inCase                              bool
	file, class, title                  string
	failure, broken, flaky, omitted, to bool
	message                             string

	// red are the cases that failed, by a hash of their names, with the place of their name among the names plus one: one of
	// the same names that passed later was the same test, run again.
	red     map[uint64]int
	dropped map[int]bool
}

// maxRed is how many failed cases are remembered to see whether they were run again.
const maxRed = 100_000

func (j *junit) start(e *element) error {
	switch e.name {
	case "testsuites":
		return j.declare(e, &j.whole)
	case "testsuite":
		if j.suites = append(j.suites, attribute(e, "name")); len(j.suites) == 1 {
			return j.declare(e, &j.outermost)
		}
		return j.declare(e, nil)
	case "testcase":
		j.inCase, j.failure, j.broken, j.flaky, j.omitted, j.to, j.message = true, false, false, false, false, false, ""
		j.class, j.title, j.file = attribute(e, "classname"), attribute(e, "name"), attribute(e, "file")
		j.says(attribute(e, "status"))
		j.says(attribute(e, "result"))
	case "failure", "error":
		j.failed1(e)
	case "flakyFailure", "flakyError", "rerunFailure", "rerunError":
		// Runs of a case that was repeated; whether it failed in the end is said by the others.
		j.failures++
		j.flaky = true
	case "skipped":
		if j.inCase {
			j.omitted, j.to = true, attribute(e, "type") == "todo"
		}
	case "warning":
		// PHPUnit up to 9 writes so that there was nothing to run.
		j.omitted = j.omitted || j.inCase
	}
	return nil
}

// says reads what an attribute says of a case: GoogleTest, CTest and others have it there, some of them nowhere else.
func (j *junit) says(state string) {
	switch strings.ToLower(state) {
	case "disabled", "notrun", "skipped", "suppressed", "ignored", "pending":
		j.omitted = true
	case "failed", "fail", "failure", "error", "panicked", "timedout", "aborted", "interrupted":
		j.failure = true
	}
}

// failed1 reads an element that says that something failed.
func (j *junit) failed1(e *element) {
	if j.inCase && j.message == "" {
		j.message = attribute(e, "message")
	}
	switch j.failures++; {
	case j.inCase && risky(attribute(e, "type")):
		// PHPUnit up to 9 writes tests without assertions as errors, whatever it is told to make of them; its exit code says that.
	case j.inCase && e.name == "failure":
		j.failure = true
	case j.inCase:
		j.broken = true
	case len(j.suites) > 0:
		// An error of a whole suite, as of a hook before its tests.
		j.fail("a suite as a whole: " + attribute(e, "message"))
	}
}

// risky is true of what PHPUnit calls a risky test.
func risky(kind string) bool {
	kind = kind[strings.LastIndexAny(kind, `\_`)+1:]
	switch kind {
	case "RiskyTestError", "RiskyTest", "UnintentionallyCoveredCodeError", "UnintentionallyCoveredCode", "OutputError",
		"CoveredCodeNotExecutedException", "MissingCoversAnnotationException":
		return true
	}
	return false
}

// declare adds what a suite reports of itself; those within an outermost one are in its sums.
func (j *junit) declare(e *element, to *[junitSums]int64) error {
	for attr, place := range map[string]int{"tests": junitTests, "failures": junitFailed, "errors": junitFailed, "skipped": junitSkipped, "disabled": junitSkipped} {
		n, err := number(e, attr, maxCases)
		if err != nil {
			return err
		}
		if to != nil {
			to[place] += n
		}
	}
	return nil
}

func (j *junit) end(element string) {
	switch element {
	case "testsuite":
		j.suites = j.suites[:max(0, len(j.suites)-1)]
	case "testcase":
		j.inCase = false
		j.knows(j.title, j.class+j.title)
		j.count()
	}
}

func (j *junit) count() {
	// Of the same names in another suite, within the same one, another test may be.
	key := maphash.String(caseSeed, strings.Join(append(slices.Clone(j.suites), j.file, j.class, j.title), "\x00"))
	place, again := j.red[key]
	switch {
	// A test that is still to do, and one that may fail, have both a failure and <skipped>.
	case j.omitted && (j.to || !j.broken):
		j.skipped++
		j.saw(caseSkipped, j.class, j.title)
	case j.failure || j.broken:
		if !j.broken || !strings.Contains(j.message, "collection failure") { // pytest's of a file
			j.saw(caseFailed, j.class, j.title)
		}
		j.said(j.message, j.class, j.title)
		if again {
			return // it failed again
		}
		named := len(j.names)
		if j.fail(j.class, j.title); len(j.red) >= maxRed {
			return
		}
		if j.red[key] = 0; len(j.names) > named {
			j.red[key] = len(j.names)
		}
	default:
		j.passed++
		j.saw(casePassed, j.class, j.title)
		if again {
			j.seen.passed(j.class, j.title)
			j.failed--
			delete(j.red, key)
			j.forget(place - 1)
		}
	}
}

// forget marks the name of a test that passed when it was run again.
func (j *junit) forget(place int) {
	if j.dropped == nil {
		j.dropped = map[int]bool{}
	}
	j.dropped[place] = true
}

// drop removes the names of tests that passed when they were run again.
func (j *junit) drop() {
	kept := j.names[:0]
	for n, text := range j.names {
		if !j.dropped[n] {
			kept = append(kept, text)
		}
	}
	j.names = kept[:min(len(kept), int(max(j.failed, 0)))]
	if len(j.names) == 0 {
		j.names = nil
	}
}
