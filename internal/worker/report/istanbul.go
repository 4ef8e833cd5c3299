// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// istanbulSummary is coverage-summary.json. The pct fields are left alone: they are the string "Unknown" where a total
// is 0, and the counts say the same.
type istanbulSummary struct {
	Total *struct {
		Lines      *istanbulCount `json:"lines"`
		Statements *istanbulCount `json:"statements"`
		Functions  *istanbulCount `json:"functions"`
		Branches   *istanbulCount `json:"branches"`
	} `json:"total"`
}

type istanbulCount struct {
	Total   *float64 `json:"total"`
	Covered *float64 `json:"covered"`
}

func parseIstanbulSummary(text []byte) (measured, error) {
	if !isObject(text) || !bytes.Contains(text, []byte(`"total"`)) || !bytes.Contains(text, []byte(`"pct"`)) {
		return measured{}, errOther
	}
	var s istanbulSummary
	if err := json.Unmarshal(text, &s); err != nil {
		return measured{}, fmt.Errorf("it cannot be decoded: %w", shortJSON(err))
	}
	if s.Total == nil {
		return measured{}, errOther
	}
	var m measured
	for i, c := range []*istanbulCount{s.Total.Lines, s.Total.Functions, s.Total.Branches, s.Total.Statements} {
		if c == nil || c.Total == nil || c.Covered == nil {
			continue
		}
		total, err := wholeUnits(*c.Total)
		if err != nil {
			return measured{}, err
		}
		covered, err := wholeUnits(*c.Covered)
		if err != nil {
			return measured{}, err
		}
		*m.metrics()[i] = ratio{covered: covered, total: total}
	}
	return m, nil
}

func isObject(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) > 0 && text[0] == '{'
}

func wholeUnits(v float64) (int64, error) {
	if v < 0 || v > maxUnits || v != math.Trunc(v) {
		return 0, fmt.Errorf("it reports %g lines or the like, which is impossible", v)
	}
	return int64(v), nil
}

// istanbulFile is what coverage-final.json holds of a source file.
type istanbulFile struct {
	StatementMap map[string]struct {
		Start struct {
			Line int64 `json:"line"`
		} `json:"start"`
	} `json:"statementMap"`
	S map[string]float64   `json:"s"`
	F map[string]float64   `json:"f"`
	B map[string][]float64 `json:"b"`
}

func parseIstanbul(text []byte) (measured, error) {
	if !isObject(text) || !bytes.Contains(text, []byte(`"statementMap"`)) {
		return measured{}, errOther
	}
	var files map[string]*istanbulFile
	if err := json.Unmarshal(text, &files); err != nil {
		return measured{}, fmt.Errorf("it cannot be decoded: %w", shortJSON(err))
	}
	var m measured
	for path, f := range files {
		if f == nil || f.StatementMap == nil || f.S == nil {
			return measured{}, fmt.Errorf("the counts of the file %.100q are missing", path)
		}
		if err := f.count(&m); err != nil {
			return measured{}, err
		}
	}
	return m, nil
}

// count adds a file. A line counts by the statements that begin in it, as Istanbul has it.
func (f *istanbulFile) count(m *measured) error {
	lines := map[int64]bool{}
	for id, hits := range f.S {
		if hits < 0 {
			return errors.New("a statement ran fewer than 0 times, which is impossible")
		}
		m.statements.hit(hits > 0)
		if place, ok := f.StatementMap[id]; ok {
			lines[place.Start.Line] = lines[place.Start.Line] || hits > 0
		}
	}
	for _, hit := range lines {
		m.lines.hit(hit)
	}
	for _, hits := range f.F {
		m.functions.hit(hits > 0)
	}
	for _, ways := range f.B {
		for _, hits := range ways {
			m.branches.hit(hits > 0)
		}
	}
	return nil
}

func (r *ratio) hit(yes bool) {
	r.total++
	if yes {
		r.covered++
	}
}
