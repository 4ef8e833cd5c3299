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
	sink  *sink
	file  *sourceFile // nil outside a record
	files int
	ended bool
}

func parseLCOV(t *text, s *sink) (measured, error) {
	l := lcov{sink: s}
	first := true
	err := t.lines(func(line []byte) error {
		if l.files == 0 && !first && !bytes.HasPrefix(line, []byte("SF:")) && !bytes.HasPrefix(line, []byte("TN:")) {
			return nil
		}
		if first = false; l.files == 0 && len(line) > 0 && (line[0] == '<' || line[0] == '{') {
			return errOther
		}
		return l.record(string(line))
	})
	if err == nil && (l.files == 0 || !l.ended && l.file == nil) {
		return measured{}, errOther
	}
	if err != nil {
		return measured{}, err
	}
	if l.file != nil {
		if !l.ended {
			return measured{}, errOther
		}
		return measured{}, errors.New("it is cut short")
	}
	return s.sums(), nil
}

// sums of all source files.
func (s *sink) sums() measured {
	var m measured
	for _, f := range s.files {
		m.add(f.sums())
	}
	return m
}

func (l *lcov) record(line string) error {
	kind, rest, _ := strings.Cut(line, ":")
	switch kind {
	case "SF":
		var err error
		l.files++
		l.file, err = l.sink.file(rest)
		return err
	case "end_of_record":
		l.ended = l.ended || l.file != nil
		l.file = nil
		return nil
	}
	if l.file == nil {
		return nil
	}
	switch kind {
	case "DA":
		return l.line(rest)
	case "FN":
		first, name := functionName(rest)
		return l.function(name, mark{total: 1, line: first})
	case "FNA": // lcov 2.2: the index of the FNL that says where it is, the runs, and one of its names
		index, behind, _ := strings.Cut(rest, ",")
		runs, _, found := strings.Cut(behind, ",")
		if !found {
			return fmt.Errorf("the record %.40q is too short", line)
		}
		ran, err := lcovHits(runs)
		if err != nil {
			return err
		}
		return l.function(index+"\x00", one(ran)) // several names of one function are one
	case "FNDA":
		hits, name, _ := strings.Cut(rest, ",")
		ran, err := lcovHits(hits)
		if err != nil {
			return err
		}
		return l.function(name, one(ran))
	case "BRDA":
		at := strings.LastIndexByte(rest, ',')
		if strings.Count(rest, ",") < 3 {
			return fmt.Errorf("the record %.40q is too short", line)
		}
		ran, err := lcovHits(rest[at+1:])
		if err != nil {
			return err
		}
		return l.file.note(metricBranches, coverKey(rest[:at]), one(ran))
	case "LF", "LH", "FNF", "FNH", "BRF", "BRH":
		return l.total(kind, rest)
	}
	return nil
}

func (l *lcov) function(name string, m mark) error {
	return l.file.note(metricFunctions, coverKey(name), m)
}

func (l *lcov) line(record string) error {
	text, behind, found := strings.Cut(record, ",")
	if !found {
		return errors.New("a DA record is too short")
	}
	hits, _, _ := strings.Cut(behind, ",")
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 0 || number > maxUnits {
		return fmt.Errorf("%.40q is no line's number", text)
	}
	ran, err := lcovHits(hits)
	if err != nil {
		return err
	}
	return l.file.line(number, ran)
}

// functionName is what FN says: the first line, with newer writers the last one, and the name, which may hold commas: C++
// has its parameters in it.
func functionName(record string) (line uint32, name string) {
	for n := range 2 {
		before, after, found := strings.Cut(record, ",")
		number, err := strconv.ParseUint(before, 10, 32)
		if err != nil || !found {
			break
		}
		if record = after; n == 0 {
			line = uint32(number)
		}
	}
	return line, record
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
	said := &l.file.said
	switch kind {
	case "LF":
		said[metricLines].total = n
	case "LH":
		said[metricLines].covered = n
	case "FNF":
		said[metricFunctions].total = n
	case "FNH":
		said[metricFunctions].covered = n
	case "BRF":
		said[metricBranches].total = n
	case "BRH":
		said[metricBranches].covered = n
	}
	return nil
}
