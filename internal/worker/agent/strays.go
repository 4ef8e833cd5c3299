// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"regexp"
	"strings"
)

// Stray is what looks like a box and is of no task and no step.
type Stray struct {
	// Line is where it is, from 1.
	Line int
	// Text is the line, cut.
	Text string
	// Check is true of a box in a list that says when all is done ("Definition of Done"): it is no task on purpose.
	Check bool
}

var (
	codeSpan = regexp.MustCompile("``[^`]*``|`[^`]*`")
	// boxFirst is a box at a line's beginning, behind whatever markers and numbers.
	boxFirst = regexp.MustCompile(`^[\s>|*+•◦▪·–—\-#\d.)_:\\]*(?:(?i:task)[ \t]*[\d.]*[ \t:.)]*)?(?:\\?\[[ \t]*[xX✓✔~/\-]?[ \t]*\\?\](?:[^(\[:]|$)|[☐⬜])`)
	// boxWithin is a box elsewhere in a list item, a heading or a row of a table.
	boxWithin = regexp.MustCompile(`(?:^|[\s|*(])\\?\[[ \t]*[xX]?[ \t]*\\?\](?:[\s|*).,;:]|$)|[☐⬜]`)
	structure = regexp.MustCompile(`^[\s>]*(?:[-*+•|#]|\d{1,4}[.)])`)
)

// straysIn finds the lines that look like a box and are neither a task nor a step of one.
func (l *list) straysIn(lines []line) []Stray {
	covered, checks := map[int]bool{}, map[int]bool{}
	for n := range l.nodes {
		if node := &l.nodes[n]; node.entry != nil {
			covered[node.entry.line.number] = !node.dropped
			checks[node.entry.line.number] = node.dropped && (isCheck(node.entry.section) || allDone(l, node))
		}
	}
	var strays []Stray
	for _, line := range lines {
		if covered[line.number] || !looksLikeBox(line.text) {
			continue
		}
		strays = append(strays, Stray{Line: line.number, Text: cutText(strings.TrimSpace(line.text), 80), Check: checks[line.number]})
		if len(strays) > maxTasks {
			break
		}
	}
	if l.open != nil {
		strays = append(strays, Stray{Line: l.open.line, Text: fmt.Sprintf("a %s begins here and is never closed: nothing behind it counts", l.open.what)})
	}
	return strays
}

// allDone is true of a box that is ticked: nothing is lost with it.
func allDone(l *list, n *node) bool { return n.entry.state(l.text(n.entry)) == Done }

func looksLikeBox(text string) bool {
	text = codeSpan.ReplaceAllString(text, "")
	return boxFirst.MatchString(text) || structure.MatchString(text) && boxWithin.MatchString(text)
}

// Strays are the lines of a tasks.md that look like a box and are neither a task nor a step of one.
func Strays(text []byte) ([]Stray, error) {
	l, err := parse(text)
	if err != nil {
		return nil, err
	}
	return l.strays, nil
}

var (
	optionalWord = regexp.MustCompile(`(?i)[\[(]\s*(?:optional|opcional|deferred|later|future|nice[- ]to[- ]have|stretch|if time permits)[^\])]*[\])]|^(?:\W*)(?:optional|deferred|stretch(?: goal)?|nice[- ]to[- ]have)(?:\s*[:：]|\s+[–—-]\s)|[-–—]\s*(?:optional|deferred)\s*$`)
	futureWord   = regexp.MustCompile(`(?i)\b(future|optional|deferred|later|backlog|nice[- ]to[- ]have|stretch|out of scope|follow[- ]?ups?)\b`)
)

// OptionalInWords are the tasks to be worked on whose words say that they are optional or for later. Only a star makes
// them so.
func OptionalInWords(tasks []Task) []Task {
	said := map[string]bool{}
	var named []Task
	for _, t := range tasks {
		said[t.ID] = said[t.Parent] || optionalWord.MatchString(t.Title) || futureWord.MatchString(t.section)
	}
	for _, t := range OpenTasks(tasks) {
		if said[t.ID] {
			named = append(named, t)
		}
	}
	return named
}

// OpenSteps are the tasks that are ticked although boxes of their own are not.
func OpenSteps(tasks []Task) []Task {
	var named []Task
	for _, t := range required(tasks) {
		if t.State != Done {
			continue
		}
		for _, d := range t.details {
			if d.state != Done {
				named = append(named, t)
				break
			}
		}
	}
	return named
}
