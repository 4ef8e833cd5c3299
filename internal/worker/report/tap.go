// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	tapPoint = regexp.MustCompile(`^(not )?ok\b(?:[ \t]+(\d{1,19}))?[ \t]*(?:-[ \t]+)?(.*)$`)
	// testemPoint is a state that testem writes in place of a directive.
	testemPoint = regexp.MustCompile(`^(skip|todo)[ \t]+\d{1,19}[ \t]+(.*)$`)
	tapPlan     = regexp.MustCompile(`^1\.\.(\d{1,19})(?:[ \t]*#.*)?[ \t]*$`)
	// tapDirective ends a description. A # behind anything but a blank, as in "see issue#todo", is part of the description.
	tapDirective = regexp.MustCompile(`(?i)(?:^|[ \t])#[ \t]*(skip\S*|todo)\b`)
	tapSpecial   = regexp.MustCompile(`^TAP version 1[234][ \t]*$`)
)

// maxTAPDepth bounds how deep subtests are followed.
const maxTAPDepth = 32

// tap is the state of reading one stream. Subtests are indented before the point that sums them up, or within braces
// behind it; that point is not counted itself.
type tap struct {
	counts
	levels  [maxTAPDepth + 2]tapLevel
	yaml    int // indentation of an open block of YAML, or -1
	version bool
	counted bool // there was a point at the top
	other   bool // there are lines that are neither TAP's nor a package manager's
}

type tapLevel struct {
	points, plan int64
	planned      bool
	leading      bool // the plan is before its points
	subtests     bool // points of the level below were seen since the last one here
	failures     int64
	// before is what was counted before the subtests began, and braces the point that they are behind.
	before counts
	braces *tapPointLine
}

// tapPointLine is a point whose subtests are in braces behind it.
type tapPointLine struct {
	ok                     bool
	description, directive string
}

// parseTAP reads the Test Anything Protocol, also with the lines of a package manager or a script around it.
func parseTAP(in *text) (counts, error) {
	c, _, err := readTAP(in)
	return c, err
}

// readTAP also says whether the text is TAP alone, but for a package manager's lines.
func readTAP(in *text) (c counts, alone bool, err error) {
	t := tap{yaml: -1}
	if err := in.lines(func(line []byte) error { return t.line(string(line)) }); err != nil {
		return counts{}, !t.other, err
	}
	top := &t.levels[0]
	if !t.version && (!top.planned || !t.counted) {
		return counts{}, !t.other, errOther
	}
	if !top.planned {
		return counts{}, !t.other, errors.New("it has no plan (1..N): the run was cut short")
	}
	for depth := maxTAPDepth; depth >= 0; depth-- {
		if t.levels[depth].braces != nil {
			return counts{}, !t.other, errors.New("its braces are not closed: the run was cut short")
		}
	}
	t.settlePlan(0, "the run")
	return t.counts, !t.other, nil
}

// managers are how the lines of package managers begin, before a run and behind it.
var managers = regexp.MustCompile(`^(?:[>#$]|npm |yarn |pnpm |bun |error |info |warning |Done in |ELIFECYCLE)`)

// isOther records a line that is not TAP's.
func (t *tap) isOther(body string) { t.other = t.other || body != "" && !managers.MatchString(body) }

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
	// Most lines are none of TAP's; for them this is all the work.
	if body == "" || !strings.ContainsRune("on1TstB}", rune(body[0])) {
		t.isOther(body)
		return nil
	}
	return t.body(indent/4, body)
}

func (t *tap) body(depth int, body string) error {
	switch {
	case strings.HasPrefix(body, "Bail out!") && depth == 0:
		t.fail("the run gave up: " + strings.TrimPrefix(body, "Bail out!"))
	case tapSpecial.MatchString(body):
		if t.version = true; depth == 0 {
			// Another run: what the one before planned and did not report is missing.
			t.settlePlan(0, "the run")
			t.levels[0].points, t.levels[0].plan, t.levels[0].leading = 0, 0, false
		}
	case body == "}" && t.levels[depth].braces != nil:
		t.close(depth)
	default:
		if m := tapPlan.FindStringSubmatch(body); m != nil {
			return t.plan(depth, m[1])
		}
		if m := tapPoint.FindStringSubmatch(body); m != nil {
			t.point(depth, m[1] == "", m[3])
			return nil
		}
		if m := testemPoint.FindStringSubmatch(body); m != nil && depth == 0 {
			t.point(depth, true, m[2]+" # "+m[1])
			return nil
		}
		t.isOther(body)
	}
	return nil
}

func (t *tap) plan(depth int, text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > maxCases {
		return fmt.Errorf("it plans %.20s tests, which is impossible", text)
	}
	level := &t.levels[depth]
	if depth == 0 && level.leading {
		// The second plan before its points is another run's.
		t.settlePlan(0, "the run")
		level.points = 0
	}
	level.plan, level.planned = n, true
	if depth == 0 && level.points > 0 && !level.leading {
		t.settlePlan(0, "the run")
		level.points, level.plan = 0, 0
		return nil
	}
	level.leading = true
	t.within(depth)
	return nil
}

// within records that there are subtests at a level.
func (t *tap) within(depth int) {
	for ; depth > 0; depth-- {
		if up := &t.levels[depth-1]; !up.subtests {
			up.subtests, up.before = true, counts{passed: t.passed, failed: t.failed, skipped: t.skipped, names: t.names}
		}
	}
}

func (t *tap) point(depth int, ok bool, description string) {
	t.within(depth)
	level := &t.levels[depth]
	level.points++
	t.counted = t.counted || depth == 0
	p := tapPointLine{ok: ok, description: description}
	p.description, p.directive = directiveOf(description)
	if strings.HasSuffix(description, "{") && depth < maxTAPDepth {
		p.description = strings.TrimRight(p.description, " {")
		level.braces = &p
		level.subtests, level.before = true, counts{passed: t.passed, failed: t.failed, skipped: t.skipped, names: t.names}
		return
	}
	if level.subtests {
		t.sum(depth, p)
		return
	}
	t.knows(p.description)
	switch {
	case p.directive != "":
		// What is still to do may fail.
		t.skipped++
		t.saw(caseSkipped, p.description)
	case ok:
		t.passed++
		t.saw(casePassed, p.description)
	default:
		level.failures++
		t.fail(p.description)
		t.saw(caseFailed, p.description)
	}
}

// directiveOf splits a description from what it says of itself.
func directiveOf(description string) (text, directive string) {
	m := tapDirective.FindStringSubmatchIndex(description)
	if m == nil {
		return description, ""
	}
	directive = strings.ToLower(description[m[2]:m[3]])
	return strings.TrimRight(description[:max(m[0], 0)+1], " #"), directive
}

// close ends the braces of a level.
func (t *tap) close(depth int) {
	level := &t.levels[depth]
	p := *level.braces
	level.braces = nil
	if below := t.levels[depth+1]; below.points == 0 && below.plan == 0 && p.ok && p.directive == "" {
		// Braces with nothing in them ran nothing.
		t.skipped++
		level.subtests, t.levels[depth+1] = false, tapLevel{}
		return
	}
	t.sum(depth, p)
}

// sum is a point that sums up its subtests, which were counted. A failure of its own, as of a hook, was not.
func (t *tap) sum(depth int, p tapPointLine) {
	level := &t.levels[depth]
	below := t.levels[depth+1].failures
	t.settlePlan(depth+1, p.description)
	below = max(below, t.levels[depth+1].failures)
	t.levels[depth+1] = tapLevel{}
	level.subtests = false
	if p.directive == "todo" {
		// What is still to do may fail with all that is in it.
		before := level.before
		t.skipped += t.passed - before.passed + t.failed - before.failed
		t.passed, t.failed, t.names = before.passed, before.failed, before.names
		return
	}
	level.failures += below
	if !p.ok && below == 0 && p.directive == "" {
		level.failures++
		t.fail(p.description)
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
