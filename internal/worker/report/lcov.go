// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// lcov is the state of reading a tracefile. A source file may be in it several times, once for each test: a line is
// covered if any of them ran it.
type lcov struct {
	file  int
	files map[string]int
	lines map[lcovLine]bool
	// functions and branches by file and the rest of the record.
	functions, branches map[lcovKey]bool
	// sums hold what a file says in sums only.
	sums map[int]*measured
	open bool
}

type lcovLine struct {
	file int
	line int64
}

type lcovKey struct {
	file int
	key  string
}

func parseLCOV(text []byte) (measured, error) {
	begins := bytes.HasPrefix(text, []byte("TN:")) || bytes.HasPrefix(text, []byte("SF:")) || bytes.Contains(text, []byte("\nSF:"))
	if !begins || !bytes.Contains(text, []byte("end_of_record")) {
		return measured{}, errOther
	}
	l := lcov{files: map[string]int{}, lines: map[lcovLine]bool{}, functions: map[lcovKey]bool{}, branches: map[lcovKey]bool{}, sums: map[int]*measured{}}
	for line := range bytes.Lines(text) {
		if err := l.record(strings.TrimRight(string(line), "\r\n")); err != nil {
			return measured{}, err
		}
		if len(l.lines)+len(l.functions)+len(l.branches) > 4*maxKept {
			return measured{}, errors.New("it reports more code than can be counted")
		}
	}
	if l.open {
		return measured{}, errors.New("it is cut short")
	}
	return l.sum(), nil
}

func (l *lcov) record(line string) error {
	kind, rest, _ := strings.Cut(line, ":")
	switch kind {
	case "SF":
		if _, ok := l.files[rest]; !ok {
			l.files[rest] = len(l.files)
		}
		l.file, l.open = l.files[rest], true
		if l.sums[l.file] == nil {
			l.sums[l.file] = &measured{}
		}
		return nil
	case "end_of_record":
		l.open = false
		return nil
	}
	if !l.open {
		return nil
	}
	fields := strings.Split(rest, ",")
	switch kind {
	case "DA":
		return l.line(fields)
	case "FN":
		l.touch(l.functions, functionName(rest), false)
	case "FNA": // lcov 2.2: the index of the FNL that says where it is, the runs, and one of its names
		if len(fields) < 3 {
			return fmt.Errorf("the record %.40q is too short", line)
		}
		n, err := lcovHits(fields[1])
		l.touch(l.functions, fields[0]+"\x00", n) // several names of one function are one
		return err
	case "FNDA":
		hits, name, _ := strings.Cut(rest, ",")
		n, err := lcovHits(hits)
		l.touch(l.functions, name, n)
		return err
	case "BRDA":
		if len(fields) < 4 {
			return fmt.Errorf("the record %.40q is too short", line)
		}
		n, err := lcovHits(fields[len(fields)-1])
		l.touch(l.branches, strings.Join(fields[:len(fields)-1], ","), n)
		return err
	case "LF", "LH", "FNF", "FNH", "BRF", "BRH":
		return l.total(kind, rest)
	}
	return nil
}

func (l *lcov) line(fields []string) error {
	if len(fields) < 2 {
		return errors.New("a DA record is too short")
	}
	number, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil || number < 0 || number > maxUnits {
		return fmt.Errorf("%.40q is no line's number", fields[0])
	}
	hit, err := lcovHits(fields[1])
	if err != nil {
		return err
	}
	key := lcovLine{l.file, number}
	l.lines[key] = l.lines[key] || hit
	return nil
}

func (l *lcov) touch(in map[lcovKey]bool, key string, hit bool) {
	k := lcovKey{l.file, key}
	in[k] = in[k] || hit
}

// functionName is what FN says behind the first line and, with newer writers, the last one. The name itself may hold
// commas: C++ has its parameters in it.
func functionName(record string) string {
	for range 2 {
		before, after, found := strings.Cut(record, ",")
		if _, err := strconv.ParseUint(before, 10, 32); err != nil || !found {
			break
		}
		record = after
	}
	return record
}

// lcovHits is whether something ran. A dash means a branch that was never reached.
func lcovHits(text string) (bool, error) {
	if text == "-" {
		return false, nil
	}
	// Some writers count in floating point once numbers are large.
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0) {
		return false, fmt.Errorf("%.40q is no number of runs", text)
	}
	return n > 0, nil
}

func (l *lcov) total(kind, text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > maxUnits {
		return fmt.Errorf("%s:%.40s is no count", kind, text)
	}
	m := l.sums[l.file]
	switch kind {
	case "LF":
		m.lines.total = n
	case "LH":
		m.lines.covered = n
	case "FNF":
		m.functions.total = n
	case "FNH":
		m.functions.covered = n
	case "BRF":
		m.branches.total = n
	case "BRH":
		m.branches.covered = n
	}
	return nil
}

// sum counts records; where a file has none of a kind, what it says in sums. Also where it has fewer functions than it
// says: those that have no name, or one in common, are one record, and would count as covered with any of them.
func (l *lcov) sum() measured {
	counted := make([]measured, len(l.files))
	for k, hit := range l.lines {
		counted[k.file].lines.hit(hit)
	}
	for k, hit := range l.functions {
		counted[k.file].functions.hit(hit)
	}
	for k, hit := range l.branches {
		counted[k.file].branches.hit(hit)
	}
	var m measured
	for file := range counted {
		for i, r := range counted[file].metrics() {
			said := *l.sums[file].metrics()[i]
			if r.total == 0 || r == &counted[file].functions && r.total < said.total {
				*r = said
			}
		}
		m.add(counted[file])
	}
	return m
}
