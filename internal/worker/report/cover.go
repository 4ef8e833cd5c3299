// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"
)

// ratio is one metric as counts. A total of 0 is not measured: there is nothing to be a percentage of.
type ratio struct{ covered, total int64 }

func (r *ratio) hit(yes bool) {
	r.total++
	if yes {
		r.covered++
	}
}

// atLeast makes it what two reports of the same code say together, where neither names what it counts.
func (r *ratio) atLeast(o ratio) {
	r.total, r.covered = max(r.total, o.total), max(r.covered, o.covered)
}

// percent is cut to two digits, never rounded up: 79.999 is not 80.
func (r ratio) percent() *float64 {
	if r.total == 0 {
		return nil
	}
	p := float64(r.covered*10_000/r.total) / 100
	return &p
}

// The metrics, in their order.
const (
	metricLines = iota
	metricFunctions
	metricBranches
	metricStatements
	metricCount
)

var metricNames = [metricCount]string{"lines", "functions", "branches", "statements"}

// measured are the metrics of one file.
type measured [metricCount]ratio

func (m *measured) add(o measured) {
	for i := range m {
		m[i].covered += o[i].covered
		m[i].total += o[i].total
	}
}

func (m *measured) check() error {
	for i, r := range m {
		if r.covered < 0 || r.total < 0 || r.total > maxUnits || r.covered > r.total {
			return fmt.Errorf("it reports %d covered %s of %d, which is impossible", r.covered, metricNames[i], r.total)
		}
	}
	return nil
}

// Bounds of what is remembered of all reports together: source files, bytes of their names, and functions, branches,
// statements and pages of lines.
const (
	maxSourceFiles = 200_000
	maxSourceBytes = 32 << 20
	maxSourceName  = 1024
	maxMarks       = 1_500_000
)

var errTooMuchCode = errors.New("it reports more code than can be counted")

// store is what all reports of a run may remember.
type store struct {
	files, bytes, marks int
}

func (s *store) mark() error {
	if s.marks++; s.marks > maxMarks {
		return errTooMuchCode
	}
	return nil
}

// sink is what one report tells of source files.
type sink struct {
	store *store
	files []*sourceFile
	index map[string]*sourceFile
	// sources are the directories that Cobertura's file names begin in.
	sources []string
}

func newSink(s *store) *sink { return &sink{store: s, index: map[string]*sourceFile{}} }

// file is what is known of a source file.
func (s *sink) file(path string) (*sourceFile, error) {
	if len(path) > maxSourceName {
		path = path[:maxSourceName]
	}
	if f, ok := s.index[path]; ok {
		return f, nil
	}
	s.store.files++
	if s.store.bytes += len(path); s.store.files > maxSourceFiles || s.store.bytes > maxSourceBytes {
		return nil, errTooMuchCode
	}
	f := &sourceFile{path: path, store: s.store}
	s.files, s.index[path] = append(s.files, f), f
	return f, nil
}

// sourceFile is the coverage of one source file.
type sourceFile struct {
	path  string
	store *store
	said  measured // in sums
	lines map[uint32]*linePage
	marks [metricCount]map[uint64]mark // functions, branches and statements
	// blocks are those of a report that has blocks in place of lines.
	blocks []block
}

// linePage is 512 lines: which have code, and which of them ran.
type linePage struct{ code, ran [8]uint64 }

// mark is a function, a branch or a block of statements: how many of it there are, how many ran, and its line.
type mark struct{ total, covered, line uint32 }

func (f *sourceFile) line(number int64, ran bool) error {
	n := uint32(number) //nolint:gosec // the parsers bound it
	page := f.lines[n>>9]
	if page == nil {
		if err := f.store.mark(); err != nil {
			return err
		}
		if f.lines == nil {
			f.lines = map[uint32]*linePage{}
		}
		page = &linePage{}
		f.lines[n>>9] = page
	}
	word, bit := n>>6&7, uint64(1)<<(n&63)
	page.code[word] |= bit
	if ran {
		page.ran[word] |= bit
	}
	return nil
}

// note records a function, a branch or a block, or more of it.
func (f *sourceFile) note(metric int, key uint64, m mark) error {
	old, known := f.marks[metric][key]
	if !known {
		if err := f.store.mark(); err != nil {
			return err
		}
		if f.marks[metric] == nil {
			f.marks[metric] = map[uint64]mark{}
		}
	}
	f.marks[metric][key] = mark{max(old.total, m.total), max(old.covered, m.covered), max(old.line, m.line)}
	return nil
}

func one(ran bool) mark {
	m := mark{total: 1}
	if ran {
		m.covered = 1
	}
	return m
}

func coverKey(text string) uint64 { return maphash.String(caseSeed, text) }

// join adds what another report in the same format says of the same file: what ran in either ran.
func (f *sourceFile) join(o *sourceFile) {
	for i := range f.said {
		f.said[i].atLeast(o.said[i])
	}
	for n, page := range o.lines {
		if f.lines == nil {
			f.lines = map[uint32]*linePage{}
		}
		mine := f.lines[n]
		if mine == nil {
			mine = &linePage{}
			f.lines[n] = mine
		}
		for i := range mine.code {
			mine.code[i] |= page.code[i]
			mine.ran[i] |= page.ran[i]
		}
	}
	f.blocks = append(f.blocks, o.blocks...)
	for metric, marks := range o.marks {
		if f.marks[metric] == nil && len(marks) > 0 {
			f.marks[metric] = map[uint64]mark{}
		}
		for key, m := range marks {
			old := f.marks[metric][key]
			f.marks[metric][key] = mark{max(old.total, m.total), max(old.covered, m.covered), max(old.line, m.line)}
		}
	}
}

// sums counts what is named; where nothing of a kind is, what the report says in sums.
func (f *sourceFile) sums() measured {
	var m measured
	for _, page := range f.lines {
		for i := range page.code {
			m[metricLines].total += int64(bits.OnesCount64(page.code[i]))
			m[metricLines].covered += int64(bits.OnesCount64(page.ran[i] & page.code[i]))
		}
	}
	for metric, marks := range f.marks {
		for _, mark := range marks {
			m[metric].total += int64(mark.total)
			m[metric].covered += int64(min(mark.covered, mark.total))
		}
	}
	m[metricFunctions] = f.functions(m[metricFunctions])
	if said := f.said[metricLines]; said.total > m[metricLines].total {
		m[metricLines] = said // lines that did not run are left out by some writers
	}
	for i := range m {
		if m[i].total == 0 {
			m[i] = f.said[i]
		}
	}
	return m
}

// shape is the same for the same code, whatever of it ran: its lines or, where those are not named, how much there is.
func (f *sourceFile) shape() uint64 {
	var sum uint64
	for n, page := range f.lines {
		sum += coverKey(fmt.Sprint(n, page.code))
	}
	if sum == 0 {
		sum = coverKey(fmt.Sprint(f.said[metricLines].total, f.said[metricFunctions].total, f.said[metricBranches].total))
	}
	return sum
}

// functions: where fewer are named than the report says, some have no name, or one in common, and would count as covered
// with any of them. Where more are named, they are instances of one: those of one line are one.
func (f *sourceFile) functions(counted ratio) ratio {
	said := f.said[metricFunctions]
	switch {
	case said.total == 0 || counted.total == said.total:
		return counted
	case counted.total < said.total:
		return said
	}
	byLine := map[uint32]bool{}
	for _, m := range f.marks[metricFunctions] {
		byLine[m.line] = byLine[m.line] || m.covered > 0
	}
	var grouped ratio
	for line, ran := range byLine {
		if line == 0 {
			return counted
		}
		grouped.hit(ran)
	}
	return grouped
}
