// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"strconv"
)

// parseSimpleCov reads .resultset.json: the runs of several commands, whose lines are united.
func parseSimpleCov(t *text, s *sink) (measured, error) {
	known := false
	err := t.document(func(j *jsonReader, _ string) error {
		if j.peek() != '{' {
			return errOther
		}
		return j.object(func(key string) error {
			if key != "coverage" || j.peek() != '{' {
				return j.skip()
			}
			known = true
			return j.object(func(path string) error { return simpleCovFile(j, path, s) })
		})
	})
	if !known {
		return measured{}, errOther
	}
	if err != nil {
		return measured{}, err
	}
	return s.sums(), nil
}

func simpleCovFile(j *jsonReader, path string, s *sink) error {
	f, err := s.file(path)
	if err != nil {
		return err
	}
	if j.peek() == '[' { // up to version 0.17
		return hitsByLine(j, f)
	}
	if j.peek() != '{' {
		return j.skip()
	}
	return j.object(func(key string) error {
		switch {
		case key == "lines":
			return hitsByLine(j, f)
		case key == "branches" && j.peek() == '{':
			return j.object(func(condition string) error {
				if j.peek() != '{' {
					return j.skip()
				}
				return j.object(func(branch string) error {
					hits, _, err := j.num()
					if err != nil {
						return err
					}
					return f.note(metricBranches, coverKey(condition+branch), one(hits > 0))
				})
			})
		}
		return j.skip()
	})
}

// hitsByLine reads an array with a number for each line; null and texts are lines without code.
func hitsByLine(j *jsonReader, f *sourceFile) error {
	line := int64(0)
	return j.array(func() error {
		if line++; line > maxUnits {
			return errTooMuchCode
		}
		if b := j.peek(); b != '-' && (b < '0' || b > '9') {
			return j.skip()
		}
		hits, _, err := j.num()
		if err != nil {
			return err
		}
		if hits < 0 {
			return errors.New("a line ran fewer than 0 times, which is impossible")
		}
		return f.line(line, hits > 0)
	})
}

// parseLastRun reads SimpleCov's .last_run.json, which has percentages only.
func parseLastRun(t *text, _ *sink) (m measured, err error) {
	known := false
	err = t.document(func(j *jsonReader, key string) error {
		if key != "result" || j.peek() != '{' {
			return j.skip()
		}
		return j.object(func(key string) error {
			metric, ok := map[string]int{"line": metricLines, "covered_percent": metricLines, "branch": metricBranches}[key]
			if !ok {
				return j.skip()
			}
			p, is, err := j.num()
			if err != nil || !is {
				return err
			}
			if !(p >= 0 && p <= 100) {
				return errors.New("it reports a percentage that is impossible")
			}
			known = true
			m[metric] = ratio{covered: int64(p * 100), total: 10_000}
			return nil
		})
	})
	if !known && (err == nil || errors.Is(err, errOther)) {
		return measured{}, errOther
	}
	return m, err
}

// parseLLVM reads what llvm-cov and cargo-llvm-cov export as JSON.
func parseLLVM(t *text, s *sink) (total measured, err error) {
	known := false
	err = t.document(func(j *jsonReader, key string) error {
		if key == "type" {
			kind, err := j.str()
			known = known || kind == "llvm.coverage.json.export"
			return err
		}
		if key != "data" || j.peek() != '[' {
			return j.skip()
		}
		return j.array(func() error {
			if j.peek() != '{' {
				return j.skip()
			}
			return j.object(func(key string) error {
				switch {
				case key == "totals" && j.peek() == '{':
					m, err := llvmSums(j)
					total.add(m)
					return err
				case key == "files" && j.peek() == '[':
					return j.array(func() error { return llvmFile(j, s) })
				}
				return j.skip()
			})
		})
	})
	if !known {
		return measured{}, errOther
	}
	return total, err
}

func llvmFile(j *jsonReader, s *sink) error {
	if j.peek() != '{' {
		return j.skip()
	}
	name, m := "", measured{}
	err := j.object(func(key string) error {
		var err error
		switch {
		case key == "filename":
			name, err = j.str()
		case key == "summary" && j.peek() == '{':
			m, err = llvmSums(j)
		default:
			err = j.skip()
		}
		return err
	})
	if err != nil || name == "" {
		return err
	}
	f, err := s.file(name)
	if err == nil {
		f.said = m
	}
	return err
}

// llvmSums reads counts. LLVM has regions, which are no statements.
func llvmSums(j *jsonReader) (m measured, err error) {
	err = j.object(func(key string) error {
		metric := metricOf(key)
		if metric < 0 || metric == metricStatements || j.peek() != '{' {
			return j.skip()
		}
		return j.object(func(key string) error {
			switch key {
			case "count":
				return units(j, &m[metric].total)
			case "covered":
				return units(j, &m[metric].covered)
			}
			return j.skip()
		})
	})
	return m, err
}

func units(j *jsonReader, to *int64) error {
	v, _, err := j.num()
	if err != nil {
		return err
	}
	*to, err = wholeUnits(v)
	return err
}

// parseCoveragePy reads what `coverage json` writes. What it calls statements are lines.
func parseCoveragePy(t *text, s *sink) (total measured, err error) {
	known := false
	err = t.document(func(j *jsonReader, key string) error {
		switch {
		case key == "totals" && j.peek() == '{':
			total, known, err = coveragePySums(j)
			return err
		case key == "files" && j.peek() == '{':
			return j.object(func(path string) error { return coveragePyFile(j, path, s) })
		}
		return j.skip()
	})
	if !known {
		return measured{}, errOther
	}
	return total, err
}

func coveragePyFile(j *jsonReader, path string, s *sink) error {
	if j.peek() != '{' {
		return j.skip()
	}
	f, err := s.file(path)
	if err != nil {
		return err
	}
	lines := func(ran bool) error {
		return j.array(func() error {
			v, _, err := j.num()
			if err != nil {
				return err
			}
			n, err := wholeUnits(v)
			if err != nil {
				return err
			}
			return f.line(n, ran)
		})
	}
	branches := func(ran bool) error {
		return j.array(func() error {
			key := ""
			err := j.array(func() error {
				v, _, err := j.num()
				key += strconv.FormatFloat(v, 'f', -1, 64) + ","
				if len(key) > maxSourceName {
					return errJSON("a branch is none")
				}
				return err
			})
			if err != nil {
				return err
			}
			return f.note(metricBranches, coverKey(key), one(ran))
		})
	}
	return j.object(func(key string) error {
		if j.peek() != '[' {
			return j.skip()
		}
		switch key {
		case "executed_lines":
			return lines(true)
		case "missing_lines":
			return lines(false)
		case "executed_branches":
			return branches(true)
		case "missing_branches":
			return branches(false)
		}
		return j.skip()
	})
}

func coveragePySums(j *jsonReader) (m measured, is bool, err error) {
	err = j.object(func(key string) error {
		switch key {
		case "num_statements":
			is = true
			return units(j, &m[metricLines].total)
		case "covered_lines":
			return units(j, &m[metricLines].covered)
		case "num_branches":
			return units(j, &m[metricBranches].total)
		case "covered_branches":
			return units(j, &m[metricBranches].covered)
		}
		return j.skip()
	})
	return m, is, err
}
