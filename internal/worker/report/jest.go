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

// jestDocument is what Jest and Vitest write with --json and --reporter=json. Numbers are pointers because their
// presence is what identifies the format; they are floats because a hostile one must be seen and not fail to decode.
type jestDocument struct {
	Total          *float64    `json:"numTotalTests"`
	Passed         *float64    `json:"numPassedTests"`
	Failed         *float64    `json:"numFailedTests"`
	Pending        float64     `json:"numPendingTests"`
	Todo           float64     `json:"numTodoTests"`
	RuntimeErrors  float64     `json:"numRuntimeErrorTestSuites"`
	Success        *bool       `json:"success"`
	WasInterrupted bool        `json:"wasInterrupted"`
	Suites         []jestSuite `json:"testResults"`
}

type jestSuite struct {
	Name       string `json:"name"`
	Status     string `json:"status"`
	Assertions []struct {
		FullName string `json:"fullName"`
		Title    string `json:"title"`
		Status   string `json:"status"`
	} `json:"assertionResults"`
}

func parseJest(text []byte) (counts, error) {
	if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 || trimmed[0] != '{' || !bytes.Contains(text, []byte(`"numTotalTests"`)) {
		return counts{}, errOther
	}
	var d jestDocument
	if err := json.Unmarshal(text, &d); err != nil {
		return counts{}, fmt.Errorf("it cannot be decoded: %w", shortJSON(err))
	}
	if d.Total == nil || d.Passed == nil || d.Failed == nil {
		return counts{}, errors.New("the numbers of tests are missing")
	}
	if d.WasInterrupted {
		return counts{}, errors.New("the run was interrupted")
	}
	var n [6]int64
	for i, v := range []float64{*d.Total, *d.Passed, *d.Failed, d.Pending, d.Todo, d.RuntimeErrors} {
		whole, err := wholeNumber(v)
		if err != nil {
			return counts{}, err
		}
		n[i] = whole
	}
	total, c := n[0], counts{passed: n[1], failed: n[2], skipped: n[3] + n[4]}
	if c.failed > total || c.passed > total || c.passed+c.failed+c.skipped > total {
		return counts{}, fmt.Errorf("its numbers contradict each other: %d passed, %d failed and %d skipped of %d", c.passed, c.failed, c.skipped, total)
	}
	err := d.settle(&c, n[5])
	return c, err
}

// settle adds what the sums leave out: a file that did not even load has no test that failed.
func (d *jestDocument) settle(c *counts, runtimeErrors int64) error {
	var failed, broken int64
	for _, s := range d.Suites {
		found := false
		for _, a := range s.Assertions {
			if a.Status != "failed" {
				continue
			}
			found = true
			failed++
			if title := a.FullName; len(c.names) < maxNames {
				if title == "" {
					title = a.Title
				}
				c.names = append(c.names, name(title))
			}
		}
		if s.Status == "failed" && !found {
			broken++
			if len(c.names) < maxNames {
				c.names = append(c.names, name("the file could not be run: "+s.Name))
			}
		}
	}
	if failed > c.failed {
		return fmt.Errorf("its numbers contradict each other: %d tests failed, but it counts %d", failed, c.failed)
	}
	c.failed += max(broken, runtimeErrors)
	// Jest also fails a run for what is no test, such as an obsolete snapshot.
	if d.Success != nil && !*d.Success && c.failed == 0 {
		c.fail("the run says that it did not succeed")
	}
	return nil
}

// wholeNumber is a count as JSON has it.
func wholeNumber(v float64) (int64, error) {
	if v < 0 || v > maxCases || v != math.Trunc(v) {
		return 0, fmt.Errorf("it reports %g tests, which is impossible", v)
	}
	return int64(v), nil
}

// shortJSON removes the text from a decoding error that would quote the document.
func shortJSON(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("a %s is where the format has none, at byte %d", wrong.Value, wrong.Offset)
	}
	return err
}
