// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"maps"
	"regexp"
	"slices"
)

// caseState is what became of one test.
type caseState uint8

const (
	casePassed caseState = iota + 1
	caseFailed
	caseSkipped
)

// maxSeenCases is of how many tests of a run the names are remembered.
const maxSeenCases = 5_000

// Cases are the tests of a run by their names, to see which of them another run does not have. What tools report beside
// tests, such as a file that could not be loaded, is not among them: it is gone as soon as the file can be.
type Cases struct {
	states map[string]caseState
	// more: there were more than are remembered.
	more bool
}

// Gone are tests that ran in one run and did not in the next.
type Gone struct {
	// Failed had failed, Passed had passed; in the order of their names.
	Failed, Passed []string
	// Skipped are those of both that are there, and skipped.
	Skipped []string
}

// fileLike is true of what tools call a file, or a package, that could not be loaded.
var fileLike = regexp.MustCompile(`\.(?:[cm]?[jt]sx?|py|rb|go|php|java|kt|cs|rs|vue|svelte)$|(?:^| › )(?:initializationError|executionError)$|_FailedTest\b`)

// saw remembers what became of a test. One that is reported more than once ran if it ran once, and failed if it failed once.
func (c *Cases) saw(state caseState, names ...string) {
	text := name(names...)
	if text == "" || state == caseFailed && fileLike.MatchString(text) {
		return
	}
	c.put(text, state)
}

func (c *Cases) put(text string, state caseState) {
	before, known := c.states[text]
	switch {
	case !known && len(c.states) >= maxSeenCases:
		c.more = true
	case !known || before == caseSkipped || before == casePassed && state == caseFailed:
		if c.states == nil {
			c.states = map[string]caseState{}
		}
		c.states[text] = state
	}
}

// passed corrects what was seen of a test that failed and passed when it was run again.
func (c *Cases) passed(names ...string) {
	if text := name(names...); c.states[text] == caseFailed {
		c.states[text] = casePassed
	}
}

func (c *Cases) join(o Cases) {
	c.more = c.more || o.more
	for _, text := range slices.Sorted(maps.Keys(o.states)) {
		c.put(text, o.states[text])
	}
}

// Gone are the tests that ran in this run, and not in the next one. Of one with more tests than are remembered only those
// that are skipped are known.
func (c Cases) Gone(next Cases) Gone {
	var gone Gone
	for _, text := range slices.Sorted(maps.Keys(c.states)) {
		before, now := c.states[text], next.states[text]
		switch {
		case before == caseSkipped, now == casePassed, now == caseFailed, now == 0 && next.more:
			continue
		case now == caseSkipped:
			gone.Skipped = append(gone.Skipped, text)
		}
		if before == caseFailed {
			gone.Failed = append(gone.Failed, text)
		} else {
			gone.Passed = append(gone.Passed, text)
		}
	}
	return gone
}

// New is how many tests ran in the next run that did not in this one.
func (c Cases) New(next Cases) int {
	n := 0
	for text, now := range next.states {
		if before := c.states[text]; now != caseSkipped && (before == 0 || before == caseSkipped) {
			n++
		}
	}
	return n
}

// Fixed is how many tests failed in this run and passed in the next one.
func (c Cases) Fixed(next Cases) int {
	n := 0
	for text, before := range c.states {
		if before == caseFailed && next.states[text] == casePassed {
			n++
		}
	}
	return n
}
