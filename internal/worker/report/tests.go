// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// testPlaces are where the common tools leave their results, or are commonly configured to.
var testPlaces = []string{
	"test-results.json", "test-results.xml", "test-results.tap", "test-report.xml", "test-report.json",
	"jest-results.json", "vitest-results.json", "jest-results.xml", "junit.xml", "results.xml",
	"go-test.json", "test-output.json", "tap.txt", "results.tap", "test.tap",
	"test-results/*.xml", "test-results/*.json", "test-results/*.tap", "test-results/*/*.xml",
	"reports/*.xml", "reports/*.json", "reports/*.tap", "reports/junit/*.xml",
	"coverage/test-results.json", "coverage/junit.xml",
	"target/surefire-reports/*.xml", "target/failsafe-reports/*.xml", "*/target/surefire-reports/*.xml",
	"build/test-results/*/*.xml", "*/build/test-results/*/*.xml",
	"packages/*/test-results.json", "packages/*/junit.xml", "packages/*/test-results/*.xml",
	"apps/*/test-results.json", "apps/*/junit.xml", "services/*/test-results.json", "services/*/junit.xml",
}

const testAdvice = "let the test command write Jest or Vitest JSON, JUnit XML, TAP or `go test -json`, " +
	"and name the files in spec.gates.testResults if they are elsewhere than these tools put them"

// counts is what one file gave. They are wide so that no sum overflows.
type counts struct {
	passed, failed, skipped int64
	names                   []string // of failed tests
}

func (c *counts) fail(names ...string) {
	c.failed++
	if n := name(names...); n != "" && len(c.names) < maxNames {
		c.names = append(c.names, n)
	}
}

// check refuses numbers that cannot be.
func (c *counts) check() error {
	for _, n := range []int64{c.passed, c.failed, c.skipped} {
		if n < 0 || n > maxCases {
			return fmt.Errorf("it reports %d tests, which is impossible", n)
		}
	}
	if total := c.passed + c.failed + c.skipped; total > maxCases {
		return fmt.Errorf("it reports %d tests, which is impossible", total)
	}
	return nil
}

func (c *counts) add(o counts) {
	c.passed, c.failed, c.skipped = c.passed+o.passed, c.failed+o.failed, c.skipped+o.skipped
	for _, n := range o.names {
		if len(c.names) < maxNames {
			c.names = append(c.names, n)
		}
	}
}

// testFormats are tried in this order. Each parser says at once whether a text is its own.
var testFormats = []struct {
	name  string
	parse func([]byte) (counts, error)
}{
	{"JUnit XML", parseJUnit},
	{"Jest JSON", parseJest},
	{"go test JSON", parseGoTest},
	{"TAP", parseTAP},
	{"node:test", parseNodeSpec},
}

// FindTests reads the results of a run that began at since: the files at paths (relative to root; they may hold * and
// **), or, if paths is empty, those where the common tools write and outputs, which are the files, outside root, that
// hold the standard output of this run's test commands. Without any result it fails with ErrNotMeasured, and also if
// one of the results is broken: what it hides may be a failure.
func FindTests(root string, paths []string, since time.Time, outputs ...string) (TestReport, error) {
	patterns, configured := paths, len(paths) > 0
	if !configured {
		patterns = testPlaces
	}
	var t tally
	r := reader{since: since, parse: func(f file) error { return t.read(f, configured, "") }}
	if err := find(root, patterns, r.read); err != nil {
		return TestReport{}, err
	}
	t.ignored = append(r.ignored, t.ignored...)
	if !configured {
		if err := t.readOutputs(outputs); err != nil {
			return TestReport{}, err
		}
	}
	if len(t.groups) == 0 {
		return TestReport{}, notMeasured("no result of this run's tests", testAdvice, t.ignored)
	}
	return t.report()
}

// readOutputs adds what the commands printed. Beside results in files, what looks like broken results is treated as the
// words of a program that is tested: one that prints "TAP version 13" has not made the run unmeasured.
func (t *tally) readOutputs(outputs []string) error {
	inFiles := len(t.groups) > 0
	for _, output := range outputs {
		file, err := readOutput(output)
		if errors.Is(err, errTooLong) {
			// Much output is no failure, and the results may be in files.
			t.ignored = append(t.ignored, filepath.Base(output)+" is too long to be read for results")
			continue
		}
		if err != nil {
			return err
		}
		err = t.read(file, false, "output ")
		if inFiles && errors.Is(err, ErrNotMeasured) {
			t.ignored = append(t.ignored, filepath.Base(output)+" looks like test results, but is none that could be read")
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func readOutput(path string) (file, error) {
	in, err := os.Open(path)
	if err != nil {
		return file{}, fmt.Errorf("reading the test command's output: %w", err)
	}
	defer func() { _ = in.Close() }()
	data, err := readBounded(in)
	if err != nil {
		return file{}, fmt.Errorf("reading the test command's output: %w", err)
	}
	return file{name: filepath.Base(path), data: data}, nil
}

// tally sums results by the format that they came in.
type tally struct {
	groups  []string
	sums    map[string]*counts
	files   []string
	ignored []string
}

func (t *tally) read(f file, strict bool, source string) error {
	for _, format := range testFormats {
		c, err := format.parse(f.data)
		if errors.Is(err, errOther) {
			continue
		}
		if err == nil {
			err = c.check()
		}
		if err != nil {
			return fmt.Errorf("%w: the test results in %q (%s): %w", ErrNotMeasured, f.name, format.name, err)
		}
		t.add(source+format.name, c)
		t.files = append(t.files, f.name)
		return nil
	}
	if strict {
		return fmt.Errorf("%w: %q is in none of the known formats; %s", ErrNotMeasured, f.name, testAdvice)
	}
	if source == "" {
		t.ignored = append(t.ignored, f.name+" is in none of the known formats")
	}
	return nil
}

func (t *tally) add(group string, c counts) {
	if t.sums == nil {
		t.sums = map[string]*counts{}
	}
	if t.sums[group] == nil {
		t.groups = append(t.groups, group)
		t.sums[group] = &counts{}
	}
	t.sums[group].add(c)
}

// report sums the formats. Two that agree in every number are one run written twice (as with jest-junit beside Jest's
// own JSON), and are counted once.
func (t *tally) report() (TestReport, error) {
	var sum counts
	for n, group := range t.groups {
		c := *t.sums[group]
		twice := slices.ContainsFunc(t.groups[:n], func(g string) bool {
			o := t.sums[g]
			return o.passed == c.passed && o.failed == c.failed && o.skipped == c.skipped
		})
		if !twice {
			sum.add(c)
		}
	}
	if err := sum.check(); err != nil {
		return TestReport{}, fmt.Errorf("%w: the test results together: %w", ErrNotMeasured, err)
	}
	r := TestReport{FailedNames: sum.names, Files: t.files, Ignored: t.ignored, Tests: contract.Tests{
		Total:   int32(sum.passed + sum.failed + sum.skipped), //nolint:gosec // check bounds it
		Passed:  int32(sum.passed),                            //nolint:gosec // as above
		Failed:  int32(sum.failed),                            //nolint:gosec // as above
		Skipped: int32(sum.skipped),                           //nolint:gosec // as above
	}}
	if r.Gate() == contract.GateNotMeasured {
		return r, fmt.Errorf("%w: the results have %d tests, but none of them ran", ErrNotMeasured, r.Tests.Total)
	}
	return r, nil
}
