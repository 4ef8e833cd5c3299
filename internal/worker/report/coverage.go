// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

const coverageAdvice = "let the test command write an Istanbul JSON report, LCOV, Cobertura, Clover or JaCoCo XML, a Go " +
	"cover profile, or the JSON of coverage.py, llvm-cov or SimpleCov, and name the files in spec.gates.coverageReports if they are elsewhere than these tools put them"

// coverageFormats are tried in this order, and what several say of one source file is taken from the first that has it:
// tools write the same run in many formats.
var coverageFormats = []struct {
	name   string
	parse  func(*text, *sink) (measured, error)
	family string // of languages; empty is any
}{
	{"Istanbul", parseIstanbul, "js"},
	{"Istanbul summary", parseIstanbulSummary, "js"},
	{"JaCoCo", parseJaCoCo, "jvm"},
	{"coverage.py JSON", parseCoveragePy, "python"},
	{"LCOV", parseLCOV, ""},
	{"Clover", parseClover, ""},
	{"Cobertura", parseCobertura, ""},
	{"Go cover profile", parseGoCover, "go"},
	{"llvm-cov JSON", parseLLVM, "native"},
	{"SimpleCov", parseSimpleCov, "ruby"},
	{"SimpleCov's last run", parseLastRun, "ruby"},
}

// FindCoverage reads the coverage of a run that began at since: the files at paths (relative to root; they may hold *
// and **), or where the common tools write if paths is empty. What several reports say of one source file counts once.
// Without any report it fails with ErrNotMeasured, and also if one of the reports is broken.
func FindCoverage(root string, paths []string, since time.Time) (CoverageReport, error) {
	patterns, configured := paths, len(paths) > 0
	if !configured {
		patterns = coveragePlaces
	}
	g := gathering{configured: configured}
	files := reader{since: since, configured: configured, parse: g.read, tooLong: g.tooLong}
	if err := find(root, patterns, files.read); err != nil {
		return CoverageReport{}, err
	}
	r := CoverageReport{Ignored: append(files.ignored, g.ignored...)}
	if err := g.settleBroken(&r); err != nil {
		return CoverageReport{}, err
	}
	if len(g.found) == 0 {
		if len(g.unknown) > 0 {
			return CoverageReport{}, fmt.Errorf("%w: %q is in none of the known formats; %s", ErrNotMeasured, g.unknown[0], coverageAdvice)
		}
		return CoverageReport{}, notMeasured("no coverage report of this run", coverageAdvice, r.Ignored)
	}
	sum := unite(root, g.found, &r)
	if err := sum.check(); err != nil {
		return CoverageReport{}, fmt.Errorf("%w: the coverage reports together: %w", ErrNotMeasured, err)
	}
	r.Coverage = sum.coverage()
	if r.Coverage == (contract.Coverage{}) {
		return r, fmt.Errorf("%w: the coverage reports contain no code at all; check which files the tool includes", ErrNotMeasured)
	}
	return r, nil
}

// covered is what one file reports.
type covered struct {
	name   string
	format int
	sums   measured
	sink   *sink
}

// gathering reads reports.
type gathering struct {
	configured bool
	store      store
	found      []covered
	broken     []brokenReport
	unknown    []string
	ignored    []string
}

// brokenReport is a report that could not be read. Beside another one of the same run it is not needed.
type brokenReport struct {
	name string
	err  error
}

func (g *gathering) read(f file) error {
	format, c, err := g.parse(f)
	switch {
	case err != nil && g.configured:
		return err
	case err != nil:
		g.broken = append(g.broken, brokenReport{f.name, err})
	case format >= 0:
		g.found = append(g.found, c)
	case g.configured && f.named && !f.empty:
		return fmt.Errorf("%w: %q is in none of the known formats; %s", ErrNotMeasured, f.name, coverageAdvice)
	case g.configured:
		g.unknown = append(g.unknown, f.name)
		g.ignored = append(g.ignored, f.name+" is in none of the known formats")
	case f.empty:
		g.ignored = append(g.ignored, f.name+" is empty")
	}
	return nil
}

func (g *gathering) tooLong(name string, err error) error {
	if g.configured {
		return err
	}
	g.broken = append(g.broken, brokenReport{name, err})
	return nil
}

// parse tries the formats; -1 is none of them.
func (g *gathering) parse(f file) (int, covered, error) {
	for n, format := range coverageFormats {
		before := g.store
		s := newSink(&g.store)
		m, err := format.parse(f.text, s)
		if errors.Is(err, errOther) {
			g.store = before
			continue
		}
		if err == nil {
			err = m.check()
		}
		if err != nil {
			g.store = before
			return -1, covered{}, fmt.Errorf("%w: the coverage in %q (%s): %w", ErrNotMeasured, f.name, format.name, err)
		}
		return n, covered{name: f.name, format: n, sums: m, sink: s}, nil
	}
	return -1, covered{}, nil
}

// sameTool are the names that one tool gives to the reports of one run.
var sameTool = []string{"coverage-final.json", "coverage-summary.json", "lcov.info", "clover.xml", "cobertura-coverage.xml"}

// settleBroken leaves out reports that are too long or broken where the tool that wrote them wrote another one beside them.
func (g *gathering) settleBroken(r *CoverageReport) error {
	for _, b := range g.broken {
		beside := slices.IndexFunc(g.found, func(c covered) bool {
			return path.Dir(c.name) == path.Dir(b.name) && slices.Contains(sameTool, path.Base(c.name)) && slices.Contains(sameTool, path.Base(b.name))
		})
		if beside < 0 {
			return b.err
		}
		r.Ignored = append(r.Ignored, fmt.Sprintf("%s could not be read; %s beside it counts", b.name, path.Base(g.found[beside].name)))
	}
	return nil
}

func (m *measured) coverage() contract.Coverage {
	return contract.Coverage{
		Lines: m[metricLines].percent(), Functions: m[metricFunctions].percent(), Branches: m[metricBranches].percent(), Statements: m[metricStatements].percent(),
	}
}

// Metric is one measured percentage.
type Metric struct {
	// Name is lines, functions, branches or statements.
	Name string
	// Percent is nil if the format lacks the metric, or there is nothing of it in the code.
	Percent *float64
}

// Metrics are the four metrics in a fixed order.
func Metrics(c contract.Coverage) []Metric {
	return []Metric{{"lines", c.Lines}, {"functions", c.Functions}, {"branches", c.Branches}, {"statements", c.Statements}}
}

// Gate holds each metric that was measured against a threshold in percent, and names those that are below it. Where
// neither lines nor statements were measured, nothing passed, whatever the threshold.
func Gate(c contract.Coverage, threshold int) (gate contract.Gate, below []Metric) {
	found := false
	for _, m := range Metrics(c) {
		if m.Percent == nil {
			continue
		}
		found = true
		// Written so that a percentage that is not a number is below.
		if !(*m.Percent >= float64(threshold)) {
			below = append(below, m)
		}
	}
	switch {
	case !found, c.Lines == nil && c.Statements == nil && len(below) == 0:
		return contract.GateNotMeasured, nil
	case len(below) > 0:
		return contract.GateFailed, below
	default:
		return contract.GatePassed, nil
	}
}
