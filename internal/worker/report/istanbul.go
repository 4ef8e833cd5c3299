// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// parseIstanbulSummary reads coverage-summary.json. The pct fields are left alone: they are the string "Unknown" where a
// total is 0, and the counts say the same.
func parseIstanbulSummary(t *text, s *sink) (measured, error) {
	var total measured
	found := false
	err := t.document(func(j *jsonReader, key string) error {
		if j.peek() != '{' {
			return j.skip()
		}
		m, is, err := summaryEntry(j)
		switch {
		case key == "total":
			total, found = m, is
			return err
		case err != nil:
			return err
		case is:
			f, err := s.file(key)
			if err != nil {
				return err
			}
			f.said = m
		}
		return nil
	})
	if !found {
		return measured{}, errOther
	}
	return total, err
}

// summaryEntry reads the counts of a file, or of all.
func summaryEntry(j *jsonReader) (m measured, is bool, err error) {
	err = j.object(func(key string) error {
		metric := metricOf(key)
		if metric < 0 || j.peek() != '{' {
			return j.skip()
		}
		var total, covered float64
		var hasTotal, hasCovered bool
		err := j.object(func(key string) error {
			var err error
			switch key {
			case "total":
				is = true
				total, hasTotal, err = j.num()
			case "covered":
				covered, hasCovered, err = j.num()
			case "pct":
				is, err = true, j.skip()
			default:
				err = j.skip()
			}
			return err
		})
		if err != nil || !hasTotal || !hasCovered {
			return err
		}
		if m[metric].total, err = wholeUnits(total); err != nil {
			return err
		}
		m[metric].covered, err = wholeUnits(covered)
		return err
	})
	return m, is, err
}

func metricOf(name string) int {
	for i, n := range metricNames {
		if n == name {
			return i
		}
	}
	return -1
}

func wholeUnits(v float64) (int64, error) {
	if !(v >= 0) || v > maxUnits || v != math.Trunc(v) {
		return 0, fmt.Errorf("it reports %g lines or the like, which is impossible", v)
	}
	return int64(v), nil
}

// parseIstanbul reads coverage-final.json.
func parseIstanbul(t *text, s *sink) (measured, error) {
	known := false
	err := t.document(func(j *jsonReader, path string) error {
		if j.peek() != '{' {
			if known {
				return fmt.Errorf("the counts of the file %.100q are missing", path)
			}
			return errOther
		}
		return istanbulFile(j, path, s, &known)
	})
	if !known {
		return measured{}, errOther
	}
	if err != nil {
		return measured{}, err
	}
	return s.sums(), nil
}

// istanbulFile reads what is known of a source file. A line counts by the statements that begin in it.
func istanbulFile(j *jsonReader, path string, s *sink, known *bool) error {
	f, err := s.file(path)
	if err != nil {
		return err
	}
	lines := map[uint64]uint32{} // of statements
	hasMap, hasCounts := false, false
	err = j.object(func(key string) error {
		if j.peek() != '{' {
			return j.skip()
		}
		switch key {
		case "statementMap":
			*known, hasMap = true, true
			return j.object(func(id string) error {
				line, err := startLine(j)
				if lines[coverKey(id)] = line; err != nil {
					return err
				}
				return s.store.mark()
			})
		case "s":
			hasCounts = true
			return j.object(func(id string) error { return istanbulCount(j, f, metricStatements, id) })
		case "f":
			return j.object(func(id string) error { return istanbulCount(j, f, metricFunctions, id) })
		case "b":
			return j.object(func(id string) error {
				way := 0
				return j.array(func() error {
					way++
					return istanbulCount(j, f, metricBranches, id+"."+strconv.Itoa(way))
				})
			})
		}
		return j.skip()
	})
	switch {
	case err != nil:
		return err
	case hasMap && !hasCounts, *known && !hasMap:
		return fmt.Errorf("the counts of the file %.100q are missing", path)
	}
	for id, m := range f.marks[metricStatements] {
		if line, ok := lines[id]; ok {
			if err := f.line(int64(line), m.covered > 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func istanbulCount(j *jsonReader, f *sourceFile, metric int, id string) error {
	hits, _, err := j.num()
	if err != nil {
		return err
	}
	if hits < 0 {
		return errors.New("a statement ran fewer than 0 times, which is impossible")
	}
	return f.note(metric, coverKey(id), one(hits > 0))
}

// startLine reads where a statement begins.
func startLine(j *jsonReader) (line uint32, err error) {
	if j.peek() != '{' {
		return 0, j.skip()
	}
	err = j.object(func(key string) error {
		if key != "start" || j.peek() != '{' {
			return j.skip()
		}
		return j.object(func(key string) error {
			if key != "line" {
				return j.skip()
			}
			v, _, err := j.num()
			if err != nil {
				return err
			}
			n, err := wholeUnits(v)
			line = uint32(n) //nolint:gosec // bounded
			return err
		})
	})
	return line, err
}
