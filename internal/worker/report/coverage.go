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

// coveragePlaces are where the common tools write.
var coveragePlaces = []string{
	"coverage/coverage-summary.json", "coverage/coverage-final.json", "coverage/lcov.info",
	"coverage/cobertura-coverage.xml", "coverage/clover.xml", "coverage/cobertura.xml", "coverage/coverage.xml",
	"coverage/*/coverage-summary.json", "coverage/*/lcov.info",
	".nyc_output/coverage-summary.json", "reports/coverage/*.json", "reports/coverage/*.xml", "reports/coverage/*.info",
	"packages/*/coverage/*.json", "packages/*/coverage/*.xml", "packages/*/coverage/*.info",
	"apps/*/coverage/*.json", "apps/*/coverage/*.xml", "apps/*/coverage/*.info",
	"services/*/coverage/*.json", "services/*/coverage/*.xml", "services/*/coverage/*.info",
	"coverage.out", "cover.out", "c.out", "coverage.txt", "profile.cov", "cover.profile", "coverage.cov",
	"coverage.xml", "cobertura.xml", "cobertura-coverage.xml", "lcov.info", "coverage.lcov", "coverage-summary.json",
	"target/site/jacoco/jacoco.xml", "target/site/jacoco-aggregate/jacoco.xml", "*/target/site/jacoco/jacoco.xml",
	"build/reports/jacoco/*/*.xml", "*/build/reports/jacoco/*/*.xml",
	"target/site/cobertura/coverage.xml", "target/cobertura.xml",
}

const coverageAdvice = "let the test command write an Istanbul JSON report, LCOV, Cobertura, Clover or JaCoCo XML or a Go " +
	"cover profile, and name the files in spec.gates.coverageReports if they are elsewhere than these tools put them"

// ratio is one metric as counts. A total of 0 is not measured: there is nothing to be a percentage of.
type ratio struct{ covered, total int64 }

// measured are the metrics of one file.
type measured struct{ lines, functions, branches, statements ratio }

func (m *measured) metrics() []*ratio {
	return []*ratio{&m.lines, &m.functions, &m.branches, &m.statements}
}

func (m *measured) add(o measured) {
	for i, r := range m.metrics() {
		r.covered += o.metrics()[i].covered
		r.total += o.metrics()[i].total
	}
}

func (m *measured) check() error {
	for i, r := range m.metrics() {
		what := [...]string{"lines", "functions", "branches", "statements"}[i]
		if r.covered < 0 || r.total < 0 || r.total > maxUnits || r.covered > r.total {
			return fmt.Errorf("it reports %d covered %s of %d, which is impossible", r.covered, what, r.total)
		}
	}
	return nil
}

// percent is cut to two digits, never rounded up: 79.999 is not 80.
func (r ratio) percent() *float64 {
	if r.total == 0 {
		return nil
	}
	p := float64(r.covered*10_000/r.total) / 100
	return &p
}

// coverageFormats are tried in this order, and where a directory holds several, the first is used: tools write the
// same run in many formats, and this one has the most.
var coverageFormats = []struct {
	name  string
	parse func([]byte) (measured, error)
}{
	{"Istanbul summary", parseIstanbulSummary},
	{"Istanbul", parseIstanbul},
	{"JaCoCo", parseJaCoCo},
	{"Clover", parseClover},
	{"Cobertura", parseCobertura},
	{"LCOV", parseLCOV},
	{"Go cover profile", parseGoCover},
}

// FindCoverage reads the coverage of a run that began at since: the files at paths (relative to root; they may hold *
// and **), or where the common tools write if paths is empty. Of several formats in one directory only one counts
// then. Without any report it fails with ErrNotMeasured, and also if one of the reports is broken.
func FindCoverage(root string, paths []string, since time.Time) (CoverageReport, error) {
	patterns, configured := paths, len(paths) > 0
	if !configured {
		patterns = coveragePlaces
	}
	var found []covered
	files := reader{since: since, parse: func(f file) error {
		format, m, err := parseCoverage(f)
		switch {
		case err != nil:
			return err
		case format >= 0:
			found = append(found, covered{f.name, format, m})
		case configured:
			return fmt.Errorf("%w: %q is in none of the known formats; %s", ErrNotMeasured, f.name, coverageAdvice)
		}
		return nil
	}}
	if err := find(root, patterns, files.read); err != nil {
		return CoverageReport{}, err
	}
	r := CoverageReport{Ignored: files.ignored}
	sum := r.choose(found, configured)
	if len(r.Files) == 0 {
		return CoverageReport{}, notMeasured("no coverage report of this run", coverageAdvice, r.Ignored)
	}
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
}

// choose sums the files that count. Of several formats in one directory that is the first of coverageFormats, unless
// the files were named.
func (r *CoverageReport) choose(found []covered, configured bool) (sum measured) {
	best := map[string]int{} // directory to format
	for _, f := range found {
		if b, ok := best[path.Dir(f.name)]; !ok || f.format < b {
			best[path.Dir(f.name)] = f.format
		}
	}
	for _, f := range found {
		if b := best[path.Dir(f.name)]; !configured && b != f.format {
			r.Beside = append(r.Beside, f.name)
			r.Ignored = append(r.Ignored, fmt.Sprintf("%s says the same as the %s report beside it", f.name, coverageFormats[b].name))
			continue
		}
		sum.add(f.sums)
		r.Files = append(r.Files, f.name)
		if n := coverageFormats[f.format].name; !slices.Contains(r.Formats, n) {
			r.Formats = append(r.Formats, n)
		}
	}
	return sum
}

// parseCoverage tries the formats; -1 is none of them.
func parseCoverage(f file) (int, measured, error) {
	for n, format := range coverageFormats {
		m, err := format.parse(f.data)
		if errors.Is(err, errOther) {
			continue
		}
		if err == nil {
			err = m.check()
		}
		if err != nil {
			return -1, measured{}, fmt.Errorf("%w: the coverage in %q (%s): %w", ErrNotMeasured, f.name, format.name, err)
		}
		return n, m, nil
	}
	return -1, measured{}, nil
}

func (m *measured) coverage() contract.Coverage {
	return contract.Coverage{
		Lines: m.lines.percent(), Functions: m.functions.percent(), Branches: m.branches.percent(), Statements: m.statements.percent(),
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
// nothing was measured, nothing passed, whatever the threshold.
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
	case !found:
		return contract.GateNotMeasured, nil
	case len(below) > 0:
		return contract.GateFailed, below
	default:
		return contract.GatePassed, nil
	}
}
