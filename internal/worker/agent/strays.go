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
	boxFirst = regexp.MustCompile(`^[\s>|*+•◦▪·–—\-#\d.)_:\\]*(?:(?i:task)[ \t]*[\d.]*[ \t:.)]*)?(?:\\?\[[ \t]*[xX✓✔~/\-]?[ \t]*\\?\](?:[^(\[:]|$)|\([ \t]*\)[ \t]|<input[^>]{0,80}checkbox|[☐⬜🔲◻▢□])`)
	// boxWithin is a box elsewhere in a list item, a heading or a row of a table.
	boxWithin = regexp.MustCompile(`(?:^|[\s|*(])\\?\[[ \t]*[xX]?[ \t]*\\?\](?:[\s|*).,;:]|$)|[☐⬜🔲◻▢□]`)
	// statusFirst is a list item with a word or a letter in place of the box's mark.
	statusFirst = regexp.MustCompile(`^[\s>]*(?:[-*+•]|\d{1,4}[.)])[ \t]+\\?\[[ \t]*(?:[vVoOcCdD]|(?i:` + doneWords + `|to ?do|wip|in[ -]progress|pending|open|partial|skipped|blocked))[ \t]*\\?\](?:[ \t]+\S|$)`)
	structure   = regexp.MustCompile(`^[\s>]*(?:[-*+•|#]|\d{1,4}[.)])`)
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
	strays = append(strays, l.untold()...)
	if l.open != nil {
		strays = append(strays, Stray{Line: l.open.line, Text: fmt.Sprintf("a %s begins here and is never closed: nothing behind it counts", l.open.what)})
	}
	return strays
}

// blanks are characters that look like a blank and are none to a reader of lists.
var blanks = strings.NewReplacer("\u00a0", " ", "\u3000", " ", "\u2003", " ", "\u200b", "")

// allDone is true of a box that is ticked: nothing is lost with it.
func allDone(l *list, n *node) bool { return n.entry.state(l.text(n.entry)) == Done }

// untold are headings with a number and nothing to tick below, beside headings that are tasks because of their boxes: a task
// that was written in prose looks like them.
func (l *list) untold() []Stray {
	type shape struct{ level, dots int }
	tasks := map[shape]bool{}
	shapeOf := func(e *entry) shape { return shape{e.heading, strings.Count(e.number.text, ".")} }
	for n := range l.entries {
		if e := &l.entries[n]; e.heading > 0 && e.task && e.box < 0 && !e.number.word {
			tasks[shapeOf(e)] = true
		}
	}
	var strays []Stray
	for n := range l.entries {
		e := &l.entries[n]
		if e.heading == 0 || e.task || e.alias >= 0 || e.mention || e.finished || e.number.text == "" || !tasks[shapeOf(e)] || l.hasEntries(n) ||
			isCheck(e.title) || planWords.MatchString(strings.TrimSpace(e.number.title)) || mentionWords.MatchString(strings.TrimSpace(e.number.title)) {
			continue
		}
		strays = append(strays, Stray{Line: e.line.number, Text: cutText(strings.TrimSpace(e.line.text), 80)})
	}
	return strays
}

// hasEntries reports whether there is a box or a deeper heading below a heading.
func (l *list) hasEntries(n int) bool {
	for _, e := range l.entries[n+1:] {
		if e.heading > 0 {
			return e.heading > l.entries[n].heading
		}
		if !e.label {
			return true
		}
	}
	return false
}

func looksLikeBox(text string) bool {
	text = codeSpan.ReplaceAllString(blanks.Replace(text), "")
	return boxFirst.MatchString(text) || structure.MatchString(text) && boxWithin.MatchString(text) || statusFirst.MatchString(text)
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
