// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Line is a line that a change added.
type Line struct {
	// Number is its number, from 1.
	Number int
	// Code is false of a line that is empty or a comment.
	Code bool
}

// ChangedLines is how many of the lines of code that a change added ran.
type ChangedLines struct {
	Covered, Total int64
	// Unreported are files with such lines, in a language of the reports, that no report tells of: nothing of them ran.
	Unreported []string
	// NoLines says that no report names lines, so nothing could be measured whatever was added.
	NoLines bool
}

// Percent is cut to two digits; nil where there was nothing to measure.
func (c ChangedLines) Percent() *float64 { return ratio{c.Covered, c.Total}.percent() }

// Lines measures the lines that a change added, by file. A file that no report tells of ran nowhere, unless it is a test or
// in a language that none of the reports is of.
func (r CoverageReport) Lines(added map[string][]Line) ChangedLines {
	c := ChangedLines{NoLines: true}
	languages := map[string]bool{}
	for name, s := range r.sources {
		languages[language(name)] = true
		c.NoLines = c.NoLines && !slices.ContainsFunc(s.files, (*sourceFile).namesLines)
	}
	for _, name := range slices.Sorted(maps.Keys(added)) {
		files := r.named(name)
		switch {
		case slices.ContainsFunc(files, func(f *sourceFile) bool { return f.namesLines() || f.said == measured{} }):
			for _, line := range added[name] {
				code, ran := false, false
				for _, f := range files {
					is, did := f.at(line)
					code, ran = code || is, ran || did
				}
				if code {
					c.Total++
				}
				if code && ran {
					c.Covered++
				}
			}
		// A file of which only sums are known is, line by line, one that no report tells of.
		case languages[language(name)] && language(name) != "" && !isTest.MatchString(name):
			before := c.Total
			for _, line := range added[name] {
				if line.Code {
					c.Total++
				}
			}
			if c.Total > before {
				c.Unreported = append(c.Unreported, name)
			}
		}
	}
	return c
}

// isTest is true of files that tools leave out of the coverage: tests, types and configuration.
var isTest = regexp.MustCompile(`(?i)(?:^|/)(?:tests?|specs?|__tests__|__mocks__|e2e|cypress|testdata|fixtures|migrations|stories|node_modules|vendor)/|` +
	`(?:[._-](?:test|tests|spec|stories|config|setup|d|min|pb|generated|gen)|Tests?|Spec|IT)\.[A-Za-z]+$|(?:^|/)(?:test_[^/]*|conftest|setup|manage|noxfile|Gruntfile|gulpfile|Rakefile)\.[a-z]+$`)

// language is the family of languages of a file, else the end of its name.
func language(name string) string {
	end := strings.ToLower(path.Ext(name))
	if family := families[end]; family != "" {
		return family
	}
	if strings.HasPrefix(end, ".") && strings.HasPrefix(name, jvmPrefix) {
		end, _, _ = strings.Cut(end, "#")
		return families[end]
	}
	return ""
}

// named is what the reports tell of a file; nil for nothing.
func (r CoverageReport) named(name string) []*sourceFile {
	if s := r.sources[name]; s != nil {
		return s.files
	}
	var found []*sourceFile
	best := 0
	for other, s := range r.sources {
		end, isClass := strings.CutPrefix(other, jvmPrefix)
		if isClass {
			end, _, _ = strings.Cut(end, "#")
		} else if language(name) != "go" || !strings.HasSuffix(other, "/"+name) {
			// A profile of Go begins with the module's name.
			continue
		}
		switch {
		case !isClass:
			end = name
		case end != name && !strings.HasSuffix(name, "/"+end):
			continue
		}
		switch {
		case len(end) > best:
			best, found = len(end), slices.Clone(s.files)
		case len(end) == best:
			found = append(found, s.files...)
		}
	}
	return found
}

// namesLines is false of a file of which only sums are known, or that has no code.
func (f *sourceFile) namesLines() bool { return len(f.lines)+len(f.blocks) > 0 }

// at reports whether a line has code, and whether it ran.
func (f *sourceFile) at(l Line) (code, ran bool) {
	n := uint32(l.Number) //nolint:gosec // a diff's lines are fewer
	if page := f.lines[n>>9]; page != nil {
		word, bit := n>>6&7, uint64(1)<<(n&63)
		code, ran = page.code[word]&bit != 0, page.ran[word]&bit != 0
	}
	for _, b := range f.blocks {
		if n >= b.first && n <= b.last && l.Code {
			code, ran = true, ran || b.ran
		}
	}
	return code, ran
}

func span(first, last uint32, ran bool) block { return block{first: first, last: last, ran: ran} }

// block is a block of statements, by its lines.
type block struct {
	first, last uint32
	ran         bool
}

// Uncovered are the lines of code that a change added and that did not run, by file, as far as the reports tell. Of a file
// that no report tells of, and that should be in one, it is each line of code.
func (r CoverageReport) Uncovered(added map[string][]Line) map[string][]int {
	languages := map[string]bool{}
	for name := range r.sources {
		languages[language(name)] = true
	}
	missed := map[string][]int{}
	for name, lines := range added {
		files := r.named(name)
		known := slices.ContainsFunc(files, (*sourceFile).namesLines)
		if !known && (isTest.MatchString(name) || language(name) == "" || !languages[language(name)]) {
			continue
		}
		for _, line := range lines {
			code, ran := line.Code && !known, false
			for _, f := range files {
				is, did := f.at(line)
				code, ran = code || is, ran || did
			}
			if code && !ran {
				missed[name] = append(missed[name], line.Number)
			}
		}
	}
	return missed
}
