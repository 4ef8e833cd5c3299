// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// seed adds what the real tools wrote to a fuzzer.
func seed(f *testing.F, dir string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*"))
	kinds, err2 := filepath.Glob(filepath.Join("testdata", "kinds", dir, "*"))
	if err := errors.Join(err, err2); err != nil || len(files) == 0 || len(kinds) == 0 {
		f.Fatalf("no seeds in %s: %v", dir, err)
	}
	files = append(files, kinds...)
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	// Small beginnings of what costs most, of every format.
	for _, h := range hostile {
		f.Add([]byte(h.begin + strings.ReplaceAll(h.repeat, "%d", "1") + h.end))
	}
}

// fuzzTests checks what holds for every parser of test results, whatever it is given: it does not crash, and what it
// returns can be added up and printed.
func fuzzTests(f *testing.F, parse func(*text) (counts, error)) {
	f.Helper()
	seed(f, "tests")
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parse(bytesText(text))
		if err != nil {
			return
		}
		if c.check() == nil && (c.passed < 0 || c.failed < 0 || c.skipped < 0) {
			t.Fatalf("numbers that cannot be were not refused: %+v", c)
		}
		if int64(len(c.names)) > c.failed || len(c.names) > maxNames+1 {
			t.Fatalf("%d names of %d failed tests", len(c.names), c.failed)
		}
		for _, n := range c.names {
			if strings.ContainsAny(n, "\r\n\x00\x1b") || !utf8.ValidString(n) || len(n) > maxName+3 {
				t.Fatalf("the name %q does not fit into a line", n)
			}
		}
	})
}

func FuzzJest(f *testing.F)     { fuzzTests(f, parseJest) }
func FuzzJUnit(f *testing.F)    { fuzzTests(f, parseJUnit) }
func FuzzGoTest(f *testing.F)   { fuzzTests(f, parseGoTest) }
func FuzzTAP(f *testing.F)      { fuzzTests(f, parseTAP) }
func FuzzNodeSpec(f *testing.F) { fuzzTests(f, parseNodeSpec) }

func FuzzPlaywright(f *testing.F) { fuzzTests(f, parsePlaywright) }
func FuzzMocha(f *testing.F)      { fuzzTests(f, parseMocha) }
func FuzzRSpec(f *testing.F)      { fuzzTests(f, parseRSpec) }
func FuzzTRX(f *testing.F)        { fuzzTests(f, parseTRX) }
func FuzzNUnit(f *testing.F)      { fuzzTests(f, parseNUnit) }
func FuzzXUnit(f *testing.F)      { fuzzTests(f, parseXUnit) }

// fuzzCoverage checks that what a parser returns is refused or makes percentages from 0 to 100.
func fuzzCoverage(f *testing.F, parse func(*text, *sink) (measured, error)) {
	f.Helper()
	seed(f, "coverage")
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parse(bytesText(text), newSink(&store{}))
		if err != nil || m.check() != nil {
			return
		}
		for _, metric := range Metrics(m.coverage()) {
			if p := metric.Percent; p != nil && !(*p >= 0 && *p <= 100) {
				t.Fatalf("%s are %g %%", metric.Name, *p)
			}
		}
	})
}

func FuzzIstanbulSummary(f *testing.F) { fuzzCoverage(f, parseIstanbulSummary) }
func FuzzIstanbul(f *testing.F)        { fuzzCoverage(f, parseIstanbul) }
func FuzzJaCoCo(f *testing.F)          { fuzzCoverage(f, parseJaCoCo) }
func FuzzClover(f *testing.F)          { fuzzCoverage(f, parseClover) }
func FuzzCobertura(f *testing.F)       { fuzzCoverage(f, parseCobertura) }
func FuzzLCOV(f *testing.F)            { fuzzCoverage(f, parseLCOV) }
func FuzzGoCover(f *testing.F)         { fuzzCoverage(f, parseGoCover) }
func FuzzSimpleCov(f *testing.F)       { fuzzCoverage(f, parseSimpleCov) }
func FuzzLastRun(f *testing.F)         { fuzzCoverage(f, parseLastRun) }
func FuzzLLVM(f *testing.F)            { fuzzCoverage(f, parseLLVM) }
func FuzzCoveragePy(f *testing.F)      { fuzzCoverage(f, parseCoveragePy) }
