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

// jacoco is the state of reading one document. JaCoCo counts bytecode instructions, not statements, so it has no
// statements.
type jacoco struct {
	sink     *sink
	total    measured
	counters int
	depth    int
	pkg      string
	file     *sourceFile
}

// parseJaCoCo reads the counters of the whole report and those of each source file.
func parseJaCoCo(t *text, s *sink) (measured, error) {
	if !isXML(t) {
		return measured{}, errOther
	}
	j := jacoco{sink: s}
	if err := walkXML(t, []string{"report"}, j.start, j.end); err != nil {
		return measured{}, err
	}
	if j.counters == 0 {
		return measured{}, errOther
	}
	return j.total, nil
}

func (j *jacoco) start(e *element) error {
	j.depth++
	var err error
	switch e.name {
	case "package":
		j.pkg = attribute(e, "name")
	case "sourcefile":
		j.file, err = j.sink.file(jvmPrefix + j.pkg + "/" + attribute(e, "name"))
	case "line":
		if j.file != nil {
			return j.line(e)
		}
	case "counter":
		// Packages, classes and groups have counters of their own, which these sum up.
		switch {
		case j.depth == 2:
			j.counters++
			return j.counter(e, &j.total)
		case j.file != nil:
			return j.counter(e, &j.file.said)
		}
	}
	return err
}

func (j *jacoco) end(element string) {
	if j.depth--; element == "sourcefile" {
		j.file = nil
	}
}

func (j *jacoco) counter(e *element, to *measured) error {
	missed, err := number(e, "missed", maxUnits)
	if err != nil {
		return err
	}
	covered, err := number(e, "covered", maxUnits)
	if err != nil {
		return err
	}
	r := ratio{covered: covered, total: covered + missed}
	switch attribute(e, "type") {
	case "LINE":
		to[metricLines] = r
	case "METHOD":
		to[metricFunctions] = r
	case "BRANCH":
		to[metricBranches] = r
	}
	return nil
}

func (j *jacoco) line(e *element) error {
	n, err := number(e, "nr", maxUnits)
	if err != nil {
		return err
	}
	ran, err := number(e, "ci", maxUnits)
	if err != nil {
		return err
	}
	if err := j.file.line(n, ran > 0); err != nil {
		return err
	}
	missed, err := number(e, "mb", maxUnits)
	if err != nil {
		return err
	}
	covered, err := number(e, "cb", maxUnits)
	if err != nil || missed+covered == 0 {
		return err
	}
	return j.file.note(metricBranches, uint64(n), mark{total: uint32(missed + covered), covered: uint32(covered), line: uint32(n)}) //nolint:gosec // bounded
}

// clover is the state of reading one document. It has statements or lines, never both.
type clover struct {
	sink  *sink
	path  []string // the open elements
	units int      // the metric that it calls statements
	total measured
	found bool
	file  *sourceFile
}

// parseClover reads the project's metrics: those of the project's test code are beside it. Only OpenClover counts
// statements; Istanbul, PHPUnit and gcovr call lines so.
func parseClover(t *text, s *sink) (measured, error) {
	if !isXML(t) {
		return measured{}, errOther
	}
	c := clover{sink: s, units: metricLines}
	if err := walkXML(t, []string{"coverage"}, c.start, c.end); err != nil {
		return measured{}, err
	}
	if !c.found {
		return measured{}, errors.New("the project's metrics are missing")
	}
	return c.total, nil
}

func (c *clover) start(e *element) error {
	if len(c.path) == 0 {
		if attribute(e, "generated") == "" {
			return errOther
		}
		if strings.HasPrefix(attribute(e, "clover"), "4.") {
			c.units = metricStatements
		}
	}
	c.path = append(c.path, e.name)
	if len(c.path) < 3 || c.path[1] != "project" {
		return nil
	}
	var err error
	switch {
	case e.name == "file":
		name := attribute(e, "path")
		if name == "" {
			name = attribute(e, "name")
		}
		c.file, err = c.sink.file(name)
	case e.name == "metrics" && len(c.path) == 3:
		c.found = true
		var project measured // there may be several
		err = c.metrics(e, &project)
		c.total.add(project)
	case e.name == "metrics" && c.file != nil && c.path[len(c.path)-2] == "file":
		err = c.metrics(e, &c.file.said)
	}
	return err
}

func (c *clover) end(element string) {
	if c.path = c.path[:max(0, len(c.path)-1)]; element == "file" {
		c.file = nil
	}
}

func (c *clover) metrics(e *element, to *measured) error {
	for _, part := range []struct {
		metric         int
		total, covered string
	}{
		{c.units, "statements", "coveredstatements"},
		{metricBranches, "conditionals", "coveredconditionals"},
		{metricFunctions, "methods", "coveredmethods"},
	} {
		var err error
		if to[part.metric].total, err = number(e, part.total, maxUnits); err != nil {
			return err
		}
		if to[part.metric].covered, err = number(e, part.covered, maxUnits); err != nil {
			return err
		}
	}
	return to.check()
}

// cobertura is the state of reading one document. It has neither functions nor statements.
type cobertura struct {
	sink              *sink
	declared, counted measured
	methods           int // how many <methods> are open; their lines are repeated below the class
	file              *sourceFile
}

// condition is what a line says of its branches.
var condition = regexp.MustCompile(`\((\d{1,9})/(\d{1,9})\)`)

func parseCobertura(t *text, s *sink) (measured, error) {
	if !isXML(t) {
		return measured{}, errOther
	}
	c := cobertura{sink: s}
	end := func(element string) {
		switch element {
		case "methods":
			c.methods--
		case "class":
			c.file = nil
		}
	}
	if err := walkXML(t, []string{"coverage"}, c.start, end); err != nil {
		return measured{}, err
	}
	m := c.counted
	if c.declared[metricLines].total > 0 {
		m[metricLines] = c.declared[metricLines]
	}
	if c.declared[metricBranches].total > 0 {
		m[metricBranches] = c.declared[metricBranches]
	}
	return m, nil
}

func (c *cobertura) start(e *element) error {
	switch e.name {
	case "coverage":
		return c.declare(e)
	case "source":
		if len(c.sink.sources) < 32 {
			c.sink.sources = append(c.sink.sources, strings.TrimSpace(e.text))
		}
	case "class":
		if name := attribute(e, "filename"); name != "" {
			var err error
			c.file, err = c.sink.file(name)
			return err
		}
	case "methods":
		c.methods++
	case "line":
		if c.methods == 0 {
			return c.line(e)
		}
	}
	return nil
}

func (c *cobertura) declare(e *element) error {
	for attr, n := range map[string]*int64{
		"lines-valid": &c.declared[metricLines].total, "lines-covered": &c.declared[metricLines].covered,
		"branches-valid": &c.declared[metricBranches].total, "branches-covered": &c.declared[metricBranches].covered,
	} {
		var err error
		if *n, err = number(e, attr, maxUnits); err != nil {
			return err
		}
	}
	return c.declared.check()
}

func (c *cobertura) line(e *element) error {
	hits, err := strconv.ParseFloat(attribute(e, "hits"), 64)
	if err != nil || !(hits >= 0) {
		return fmt.Errorf("hits=%.40q of a line is no count", attribute(e, "hits"))
	}
	n, err := number(e, "number", maxUnits)
	if err != nil {
		return err
	}
	c.counted[metricLines].hit(hits > 0)
	if c.file != nil {
		if err := c.file.line(n, hits > 0); err != nil {
			return err
		}
	}
	m := condition.FindStringSubmatch(attribute(e, "condition-coverage"))
	if m == nil {
		return nil
	}
	// The expression bounds both to nine digits.
	covered, _ := strconv.ParseInt(m[1], 10, 64)
	total, _ := strconv.ParseInt(m[2], 10, 64)
	c.counted[metricBranches].covered += covered
	c.counted[metricBranches].total += total
	if c.file == nil {
		return nil
	}
	return c.file.note(metricBranches, uint64(n), mark{total: uint32(total), covered: uint32(covered), line: uint32(n)}) //nolint:gosec // bounded
}
