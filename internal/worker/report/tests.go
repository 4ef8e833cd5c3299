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

const testAdvice = "let the test command write JUnit XML, TAP, `go test -json`, TRX, NUnit or xUnit.net XML, or the JSON of Jest, Vitest, Mocha, Playwright or RSpec, " +
	"and name the files in spec.gates.testResults if they are elsewhere than these tools put them"

// testFormats are tried in this order. Each parser says whether a text is its own. Of two formats that tell of one run the
// first counts.
var testFormats = []struct {
	name  string
	parse func(*text) (counts, error)
}{
	{"Jest JSON", parseJest},
	{"go test JSON", parseGoTest},
	{"Playwright JSON", parsePlaywright},
	{"Mocha JSON", parseMocha},
	{"RSpec JSON", parseRSpec},
	{"TRX", parseTRX},
	{"NUnit XML", parseNUnit},
	{"xUnit.net XML", parseXUnit},
	{"JUnit XML", parseJUnit},
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
	r := reader{since: since, configured: configured, parse: func(f file) error { return t.read(f, configured) }}
	if err := find(root, patterns, r.read); err != nil {
		return TestReport{}, err
	}
	t.ignored = append(r.ignored, t.ignored...)
	if len(t.results) == 0 && len(t.unknown) > 0 {
		return TestReport{}, fmt.Errorf("%w: %q is in none of the known formats; %s", ErrNotMeasured, t.unknown[0], testAdvice)
	}
	if !configured {
		if err := t.readOutputs(outputs); err != nil {
			return TestReport{}, err
		}
	}
	if len(t.results) == 0 {
		return TestReport{}, notMeasured("no result of this run's tests", testAdvice, t.ignored)
	}
	return t.report()
}

// testResult is what one file or one command's output gave.
type testResult struct {
	name   string
	format int
	output bool
	counts
}

// tally gathers results.
type tally struct {
	results []testResult
	files   []string
	ignored []string
	unknown []string // files that were named, in a format that nobody knows
}

// read reads a file. One that was named must be a report; of what a pattern catches, other files may be beside reports.
func (t *tally) read(f file, configured bool) error {
	format, c, err := parseTests(f.text)
	switch {
	case err != nil && !errors.Is(err, errOther):
		return fmt.Errorf("%w: the test results in %q (%s): %w", ErrNotMeasured, f.name, testFormats[format].name, err)
	case err == nil:
		t.results = append(t.results, testResult{name: f.name, format: format, counts: c})
		t.files = append(t.files, f.name)
		return nil
	case configured && f.named && !f.empty:
		return fmt.Errorf("%w: %q is in none of the known formats; %s", ErrNotMeasured, f.name, testAdvice)
	case configured:
		t.unknown = append(t.unknown, f.name)
	}
	if f.empty {
		t.ignored = append(t.ignored, f.name+" is empty")
	} else {
		t.ignored = append(t.ignored, f.name+" is in none of the known formats")
	}
	return nil
}

// parseTests tries the formats, also behind the lines that a package manager printed before a report. It is errOther for a
// text in none of them.
func parseTests(t *text) (format int, c counts, err error) {
	format, c, err = tryTests(t)
	if err != nil && !errors.Is(err, errOther) || err == nil && slices.Contains(textFormats, testFormats[format].name) {
		return format, c, err
	}
	known := err == nil
	for _, start := range t.starts() {
		if known && !start.document {
			continue // it may be within the document that is known
		}
		n, found, err := tryTests(&text{in: t.in, from: start.at})
		switch {
		case err != nil || slices.Contains(textFormats, testFormats[n].name):
		case !known:
			format, c, known = n, found, true
		default:
			// Each package of a repository prints a document of its own.
			c.add(found)
			c.cases.join(found.cases)
		}
	}
	if !known {
		return 0, counts{}, errOther
	}
	return format, c, c.check()
}

// textFormats are read line by line, with whatever is around them.
var textFormats = []string{"go test JSON", "TAP", "node:test"}

func tryTests(t *text) (int, counts, error) {
	for n, format := range testFormats {
		c, err := format.parse(t)
		if errors.Is(err, errOther) {
			continue
		}
		if err == nil {
			err = c.check()
		}
		return n, c, err
	}
	return 0, counts{}, errOther
}

// readOutputs adds what the commands printed. Beside results in files, what looks like broken results is treated as the
// words of a program that is tested: one that prints "TAP version 13" has not made the run unmeasured. So are results in
// the middle of other output: they are not the command's own.
func (t *tally) readOutputs(outputs []string) error {
	inFiles := len(t.results) > 0
	for _, output := range outputs {
		base := filepath.Base(output)
		format, c, err := t.readOutput(output, inFiles)
		switch {
		case errors.Is(err, errTooLong):
			// Much output is no failure, and the results may be in files.
			t.ignored = append(t.ignored, base+" is too long to be read for results")
		case errors.Is(err, errOther):
		case errors.Is(err, errPrinted):
			t.ignored = append(t.ignored, base+" has results in the middle of other output; the files count")
		case errors.Is(err, ErrNotMeasured) && inFiles:
			t.ignored = append(t.ignored, base+" looks like test results, but is none that could be read")
		case err != nil:
			return err
		default:
			t.results = append(t.results, testResult{name: base, format: format, output: true, counts: c})
			t.files = append(t.files, base)
		}
	}
	return nil
}

// errPrinted is what results in the middle of other output give.
var errPrinted = errors.New("printed by what is tested")

func (t *tally) readOutput(name string, inFiles bool) (int, counts, error) {
	in, err := os.Open(name)
	if err != nil {
		return 0, counts{}, fmt.Errorf("reading the test command's output: %w", err)
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return 0, counts{}, fmt.Errorf("reading the test command's output: %w", err)
	}
	if info.Size() > maxFileBytes {
		return 0, counts{}, errTooLong
	}
	format, c, err := parseTests(newText(in))
	if err != nil && !errors.Is(err, errOther) {
		err = fmt.Errorf("%w: the test results in %q (%s): %w", ErrNotMeasured, filepath.Base(name), testFormats[format].name, err)
	}
	if err == nil && inFiles && testFormats[format].name == "TAP" {
		if _, alone, _ := readTAP(newText(in)); !alone {
			return 0, counts{}, errPrinted
		}
	}
	return format, c, err
}

// report sums what counts.
func (t *tally) report() (TestReport, error) {
	sums := t.sums()
	var sum counts
	for n, c := range sums {
		// Two formats that agree in every number are one run written twice (as with jest-junit beside Jest's own JSON).
		twice := slices.ContainsFunc(sums[:n], func(o counts) bool {
			return o.passed == c.passed && o.failed == c.failed && o.skipped == c.skipped
		})
		if !twice {
			sum.add(c)
		}
	}
	if err := sum.check(); err != nil {
		return TestReport{}, fmt.Errorf("%w: the test results together: %w", ErrNotMeasured, err)
	}
	r := TestReport{FailedNames: sum.names, Messages: sum.messages, Cases: sum.seen, Files: t.files, Ignored: t.ignored, Tests: contract.Tests{
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

// testGroup is a format and where it came from.
type testGroup struct {
	format int
	output bool
}

// sums are the results by format. A result whose tests are those of another format's is the same run, and is not counted
// again, unless it alone has failures.
func (t *tally) sums() []counts {
	var (
		groups []testGroup
		sums   []counts
	)
	order := slices.Clone(t.results)
	slices.SortStableFunc(order, func(a, b testResult) int {
		if a.output != b.output {
			if a.output {
				return 1
			}
			return -1
		}
		return a.format - b.format
	})
	known := map[uint64]uint32{} // a test's name to the formats that counted it
	failed := int64(0)
	for _, r := range order {
		bit := uint32(1) << r.format
		if r.output {
			bit <<= 16
		}
		if r.cases.among(known, ^bit) && (r.failed == 0 || failed > 0) {
			continue
		}
		failed += r.failed
		for _, h := range r.cases.hashes {
			if len(known) < maxKnownCases {
				known[h] |= bit
			}
		}
		g := testGroup{r.format, r.output}
		n := slices.Index(groups, g)
		if n < 0 {
			n, groups, sums = len(groups), append(groups, g), append(sums, counts{})
		}
		sums[n].add(r.counts)
	}
	return sums
}

// maxKnownCases bounds what is remembered of all files together.
const maxKnownCases = 500_000
