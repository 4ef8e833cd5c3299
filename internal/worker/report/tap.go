// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	tapPoint = regexp.MustCompile(`^(not )?ok\b(?:[ \t]+(\d{1,19}))?[ \t]*(?:-[ \t]+)?(.*)$`)
	tapPlan  = regexp.MustCompile(`^1\.\.(\d{1,19})(?:[ \t]*#[ \t]*(?i:skip).*)?[ \t]*$`)
	// tapDirective ends a description. A # with a backslash before it is part of the description.
	tapDirective = regexp.MustCompile(`(?i)(?:^|[^\\])#[ \t]*(skip|todo)\b`)
	tapSpecial   = regexp.MustCompile(`^TAP version 1[234][ \t]*$`)
)

// maxTAPDepth bounds how deep subtests are followed.
const maxTAPDepth = 32

// tap is the state of reading one stream. Subtests are indented before the point that sums them up, which is not
// counted itself.
type tap struct {
	counts
	levels  [maxTAPDepth + 1]tapLevel
	yaml    int // indentation of an open block of YAML, or -1
	version bool
}

type tapLevel struct {
	points, plan int64
	planned      bool
	subtests     bool // points of the level below were seen since the last one here
	failures     int64
}

// parseTAP reads the Test Anything Protocol, also with the lines of a package manager or a script around it.
func parseTAP(text []byte) (counts, error) {
	if !bytes.Contains(text, []byte("1..")) && !bytes.Contains(text, []byte("TAP version")) {
		return counts{}, errOther
	}
	t := tap{yaml: -1}
	for line := range bytes.Lines(text) {
		if err := t.line(strings.TrimRight(string(line), "\r\n")); err != nil {
			return counts{}, err
		}
	}
	top := t.levels[0]
	if !t.version && (!top.planned || top.points == 0) {
		return counts{}, errOther
	}
	if !top.planned {
		return counts{}, errors.New("it has no plan (1..N): the run was cut short")
	}
	t.settlePlan(0, "the run")
	return t.counts, nil
}

func (t *tap) line(line string) error {
	body := strings.TrimLeft(line, " ")
	indent := len(line) - len(body)
	if t.yaml >= 0 {
		if indent <= t.yaml && body == "..." {
			t.yaml = -1
		}
		return nil
	}
	if body == "---" && indent >= 2 {
		t.yaml = indent
		return nil
	}
	if indent%4 != 0 || indent/4 > maxTAPDepth {
		return nil
	}
	depth := indent / 4
	switch {
	case strings.HasPrefix(body, "Bail out!") && depth == 0:
		t.fail("the run gave up: " + strings.TrimPrefix(body, "Bail out!"))
	case tapSpecial.MatchString(body):
		t.version = true
	default:
		if m := tapPlan.FindStringSubmatch(body); m != nil {
			return t.plan(depth, m[1])
		}
		if m := tapPoint.FindStringSubmatch(body); m != nil {
			t.point(depth, m[1] == "", m[3])
		}
	}
	return nil
}

func (t *tap) plan(depth int, text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > maxCases {
		return fmt.Errorf("it plans %.20s tests, which is impossible", text)
	}
	t.levels[depth].plan, t.levels[depth].planned = n, true
	if depth > 0 {
		t.levels[depth-1].subtests = true
	}
	return nil
}

func (t *tap) point(depth int, ok bool, description string) {
	level := &t.levels[depth]
	level.points++
	if depth > 0 {
		t.levels[depth-1].subtests = true
	}
	directive := ""
	if m := tapDirective.FindStringSubmatchIndex(description); m != nil {
		directive = strings.ToLower(description[m[2]:m[3]])
		description = strings.TrimRight(description[:max(m[0], 0)+1], " #")
	}
	if level.subtests {
		// What it sums up was counted. A failure of its own, as of a hook, was not.
		below := t.levels[depth+1].failures
		t.settlePlan(depth+1, description)
		below = max(below, t.levels[depth+1].failures)
		t.levels[depth+1] = tapLevel{}
		level.subtests = false
		level.failures += below
		if !ok && below == 0 && directive == "" {
			level.failures++
			t.fail(description)
		}
		return
	}
	switch {
	case directive != "":
		// What is still to do may fail.
		t.skipped++
	case ok:
		t.passed++
	default:
		level.failures++
		t.fail(description)
	}
}

// settlePlan counts tests that were planned at a level and never reported.
func (t *tap) settlePlan(depth int, what string) {
	level := &t.levels[depth]
	if missing := level.plan - level.points; level.planned && missing > 0 {
		level.failures += missing
		t.failed += missing
		if len(t.names) < maxNames {
			t.names = append(t.names, name(what, fmt.Sprintf("%d planned tests did not report", missing)))
		}
	}
}

var (
	nodeSum   = regexp.MustCompile(`^(?:ℹ|#) (tests|pass|fail|cancelled|skipped|todo) (\d{1,19})$`)
	nodeFails = regexp.MustCompile(`^\s*✖ (.+?)(?: \([\d.]+ms\))?$`)
	colours   = regexp.MustCompile("\x1b\\[[0-9;]*m")
)

// parseNodeSpec reads the sums that node:test's "spec" reporter ends with. Newer versions of Node write it also where
// nobody watches.
func parseNodeSpec(text []byte) (counts, error) {
	if !bytes.Contains(text, []byte("tests ")) || !bytes.Contains(text, []byte("cancelled ")) {
		return counts{}, errOther
	}
	// Only what is below this heading are tests that failed; above it suites are listed too.
	sums, names, listing := map[string]int64{}, []string{}, false
	for line := range bytes.Lines(text) {
		plain := strings.TrimRight(colours.ReplaceAllString(string(line), ""), "\r\n")
		if m := nodeSum.FindStringSubmatch(plain); m != nil {
			n, err := strconv.ParseInt(m[2], 10, 64)
			if err != nil || n > maxCases {
				return counts{}, fmt.Errorf("it reports %.20s tests, which is impossible", m[2])
			}
			// Several runs can follow each other.
			sums[m[1]] += n
			continue
		}
		if strings.TrimSpace(plain) == "✖ failing tests:" {
			listing = true
			continue
		}
		m := nodeFails.FindStringSubmatch(plain)
		if m != nil && listing && len(names) < maxNames && !strings.Contains(m[1], "# TODO") {
			names = append(names, name(m[1]))
		}
	}
	if len(sums) != 6 {
		return counts{}, errOther
	}
	c := counts{passed: sums["pass"], failed: sums["fail"] + sums["cancelled"], skipped: sums["skipped"] + sums["todo"], names: names}
	if got := c.passed + c.failed + c.skipped; got != sums["tests"] {
		return counts{}, fmt.Errorf("its numbers contradict each other: %d tests, but %d results", sums["tests"], got)
	}
	if c.failed == 0 {
		c.names = nil
	}
	return c, nil
}
