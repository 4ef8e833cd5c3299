// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"math"
)

// jest is the state of reading what Jest and Vitest write with --json and --reporter=json.
type jest struct {
	counts
	total, passed, failed, pending, todo, broken jestNumber
	success, interrupted                         bool
	hasSuccess                                   bool

	asserted, assertedFailed int64 // assertions, and those that failed
	unloaded                 int64 // files that failed without a test that did
}

// jestNumber is a number of the document. It is a float because a hostile one must be seen and not fail to decode.
type jestNumber struct {
	value float64
	is    bool
}

func parseJest(t *text) (counts, error) {
	var d jest
	err := t.document(d.field)
	if !d.total.is && !(d.passed.is && d.failed.is) {
		// Without its numbers it is another document, and perhaps no document at all.
		return counts{}, errOther
	}
	if err != nil {
		return counts{}, err
	}
	if !d.total.is || !d.passed.is || !d.failed.is {
		return counts{}, errors.New("the numbers of tests are missing")
	}
	if d.interrupted {
		return counts{}, errors.New("the run was interrupted")
	}
	return d.settle()
}

func (d *jest) field(j *jsonReader, key string) error {
	numbers := map[string]*jestNumber{
		"numTotalTests": &d.total, "numPassedTests": &d.passed, "numFailedTests": &d.failed, "numPendingTests": &d.pending,
		"numTodoTests": &d.todo, "numRuntimeErrorTestSuites": &d.broken,
	}
	if n, ok := numbers[key]; ok {
		var err error
		n.value, n.is, err = j.num()
		return err
	}
	var err error
	switch key {
	case "success":
		d.success, d.hasSuccess, err = j.truth()
	case "wasInterrupted":
		d.interrupted, _, err = j.truth()
	case "testResults":
		err = j.array(func() error { return d.suite(j) })
	default:
		err = j.skip()
	}
	return err
}

func (d *jest) suite(j *jsonReader) error {
	if j.peek() != '{' {
		return j.skip()
	}
	file, status, before := "", "", d.assertedFailed
	err := j.object(func(key string) error {
		var err error
		switch key {
		case "name":
			file, err = j.str()
		case "status":
			status, err = j.str()
		case "assertionResults":
			err = j.array(func() error { return d.assertion(j) })
		default:
			err = j.skip()
		}
		return err
	})
	if status == "failed" && d.assertedFailed == before {
		d.unloaded++
		d.named("the file could not be run: " + file)
	}
	return err
}

func (d *jest) assertion(j *jsonReader) error {
	if j.peek() != '{' {
		return j.skip()
	}
	full, title, status, message := "", "", "", ""
	err := j.object(func(key string) error {
		var err error
		switch key {
		case "fullName":
			full, err = j.str()
		case "title":
			title, err = j.str()
		case "status":
			status, err = j.str()
		case "failureMessages":
			message, err = j.firstText()
		default:
			err = j.skip()
		}
		return err
	})
	d.asserted++
	d.knows(full, title)
	if full == "" {
		full = title
	}
	switch status {
	case "passed":
		d.counts.passed++
		d.saw(casePassed, full)
	case "failed":
		d.assertedFailed++
		d.named(full)
		d.saw(caseFailed, full)
		d.said(message, full)
	default:
		d.skipped++
		d.saw(caseSkipped, full)
	}
	return err
}

// settle decides what counts. Where there are assertions they do: Vitest up to 1.6 counts what was skipped as passed.
func (d *jest) settle() (counts, error) {
	var n [6]int64
	for i, v := range []jestNumber{d.total, d.passed, d.failed, d.pending, d.todo, d.broken} {
		whole, err := wholeNumber(v.value)
		if err != nil {
			return counts{}, err
		}
		n[i] = whole
	}
	total, failed := n[0], n[2]
	if d.assertedFailed > failed {
		return counts{}, fmt.Errorf("its numbers contradict each other: %d tests failed, but it counts %d", d.assertedFailed, failed)
	}
	c := d.counts
	if c.failed = failed; d.asserted == 0 {
		c.passed, c.skipped = n[1], n[3]+n[4]
		if c.failed > total || c.passed > total || c.passed+c.failed+c.skipped > total {
			return counts{}, fmt.Errorf("its numbers contradict each other: %d passed, %d failed and %d skipped of %d", c.passed, c.failed, c.skipped, total)
		}
	} else if failed > total {
		return counts{}, fmt.Errorf("its numbers contradict each other: %d failed of %d", failed, total)
	}
	// A file that did not even load has no test that failed.
	c.failed += max(d.unloaded, n[5])
	// Jest also fails a run for what is no test, such as an obsolete snapshot.
	if d.hasSuccess && !d.success && c.failed == 0 {
		c.fail("the run says that it did not succeed")
	}
	return c, nil
}

// wholeNumber is a count as JSON has it.
func wholeNumber(v float64) (int64, error) {
	if !(v >= 0) || v > maxCases || v != math.Trunc(v) {
		return 0, fmt.Errorf("it reports %g tests, which is impossible", v)
	}
	return int64(v), nil
}
