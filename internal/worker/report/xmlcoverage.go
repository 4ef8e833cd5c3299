// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// parseJaCoCo reads the counters of the whole report. JaCoCo counts bytecode instructions, not statements, so it has
// no statements.
func parseJaCoCo(text []byte) (measured, error) {
	if !isXML(text) {
		return measured{}, errOther
	}
	var m measured
	depth, counters := 0, 0
	start := func(e xml.StartElement) error {
		depth++
		// Packages, classes and groups have counters of their own, which these sum up.
		if depth != 2 || e.Name.Local != "counter" {
			return nil
		}
		missed, err := number(e, "missed", maxUnits)
		if err != nil {
			return err
		}
		covered, err := number(e, "covered", maxUnits)
		if err != nil {
			return err
		}
		counters++
		r := ratio{covered: covered, total: covered + missed}
		switch attribute(e, "type") {
		case "LINE":
			m.lines = r
		case "METHOD":
			m.functions = r
		case "BRANCH":
			m.branches = r
		}
		return nil
	}
	if err := walkXML(text, []string{"report"}, start, func(string) { depth-- }); err != nil {
		return measured{}, err
	}
	if counters == 0 {
		return measured{}, errOther
	}
	return m, nil
}

// parseClover reads the project's metrics. Clover has statements and no lines.
func parseClover(text []byte) (measured, error) {
	if !isXML(text) {
		return measured{}, errOther
	}
	var m measured
	depth, found := 0, false
	start := func(e xml.StartElement) error {
		depth++
		if depth == 1 && attribute(e, "generated") == "" {
			return errOther
		}
		if depth != 3 || e.Name.Local != "metrics" {
			return nil
		}
		found = true
		for _, part := range []struct {
			r              *ratio
			total, covered string
		}{
			{&m.statements, "statements", "coveredstatements"},
			{&m.branches, "conditionals", "coveredconditionals"},
			{&m.functions, "methods", "coveredmethods"},
		} {
			var err error
			if part.r.total, err = number(e, part.total, maxUnits); err != nil {
				return err
			}
			if part.r.covered, err = number(e, part.covered, maxUnits); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walkXML(text, []string{"coverage"}, start, func(string) { depth-- }); err != nil {
		return measured{}, err
	}
	if !found {
		return measured{}, errors.New("the project's metrics are missing")
	}
	return m, nil
}

// cobertura is the state of reading one document. It has neither functions nor statements.
type cobertura struct {
	declared, counted measured
	methods           int // how many <methods> are open; their lines are repeated below the class
}

// condition is what a line says of its branches.
var condition = regexp.MustCompile(`\((\d{1,9})/(\d{1,9})\)`)

func parseCobertura(text []byte) (measured, error) {
	if !isXML(text) {
		return measured{}, errOther
	}
	var c cobertura
	end := func(element string) {
		if element == "methods" {
			c.methods--
		}
	}
	if err := walkXML(text, []string{"coverage"}, c.start, end); err != nil {
		return measured{}, err
	}
	m := c.counted
	if c.declared.lines.total > 0 {
		m.lines = c.declared.lines
	}
	if c.declared.branches.total > 0 {
		m.branches = c.declared.branches
	}
	return m, nil
}

func (c *cobertura) start(e xml.StartElement) error {
	switch e.Name.Local {
	case "coverage":
		return c.declare(e)
	case "methods":
		c.methods++
	case "line":
		if c.methods == 0 {
			return c.line(e)
		}
	}
	return nil
}

func (c *cobertura) declare(e xml.StartElement) error {
	for attr, n := range map[string]*int64{
		"lines-valid": &c.declared.lines.total, "lines-covered": &c.declared.lines.covered,
		"branches-valid": &c.declared.branches.total, "branches-covered": &c.declared.branches.covered,
	} {
		var err error
		if *n, err = number(e, attr, maxUnits); err != nil {
			return err
		}
	}
	return c.declared.check()
}

func (c *cobertura) line(e xml.StartElement) error {
	hits, err := strconv.ParseFloat(attribute(e, "hits"), 64)
	if err != nil || !(hits >= 0) {
		return fmt.Errorf("hits=%.40q of a line is no count", attribute(e, "hits"))
	}
	c.counted.lines.hit(hits > 0)
	if m := condition.FindStringSubmatch(attribute(e, "condition-coverage")); m != nil {
		// The expression bounds both to nine digits.
		covered, _ := strconv.ParseInt(m[1], 10, 64)
		total, _ := strconv.ParseInt(m[2], 10, 64)
		c.counted.branches.covered += covered
		c.counted.branches.total += total
	}
	return nil
}
