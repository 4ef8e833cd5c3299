// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

var (
	// itemLine is a list item with a box: indentation, box, optional, text. A letter or a digit in the box makes it a
	// link or a footnote.
	itemLine = regexp.MustCompile(`^([ \t]*)(?:[-*+]|\d{1,4}[.)])[ \t]+\[([^\]\r\n0-9A-WYZa-wyz]?)\](\*?)(?:[ \t]+(.*))?$`)
	// headingLine is a heading that is a task: level, box, number, text.
	headingLine = regexp.MustCompile(`^(#{1,6})[ \t]+(?:\[([^\]\r\n0-9A-WYZa-wyz]?)\](\*?)[ \t]+)?(?i:task)[ \t]+(\d{1,4}(?:\.\d{1,4}){0,5})(?:[ \t]*[:.)–—-][ \t]*|[ \t]+|$)(.*)$`)
	anyHeading  = regexp.MustCompile(`^(#{1,6})(?:[ \t]|$)`)
	fenceLine   = regexp.MustCompile("^[ \t]*(```+|~~~+)")
	// numbered is a title that begins with a number; `1.*` is another way to write that a task is optional.
	numbered = regexp.MustCompile(`^(?:\*\*)?(?i:task[ \t]+)?(\d{1,4}(?:\.\d{1,4}){0,5})(\*?)(?:[.:)](\*{0,2})(?:[ \t]+|$)|[ \t]+|$)(.*)$`)
)

// list is a tasks.md while it is read.
type list struct {
	tasks   []Task
	count   int              // of tasks, without what only ends a section
	details map[int][]detail // boxes without a number within a task, by its index
	fence   string
	comment bool
}

func (l *list) read(text []byte) {
	l.details = map[int][]detail{}
	offset, number := 0, 0
	for len(text) > 0 && len(l.tasks) <= 2*maxTasks {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		number++
		if !l.skipped(string(line)) {
			l.line(strings.TrimSuffix(string(line), "\r"), offset, number)
		}
		offset += len(text) - len(rest)
		text = rest
	}
}

// skipped is true of what is in a fenced block or in a comment: an example of a task is no task.
func (l *list) skipped(line string) bool {
	if m := fenceLine.FindStringSubmatch(line); m != nil && !l.comment {
		switch {
		case l.fence == "":
			l.fence = m[1]
		case strings.HasPrefix(m[1], l.fence):
			l.fence = ""
		}
		return true
	}
	if l.fence != "" {
		return true
	}
	if l.comment {
		l.comment = !strings.Contains(line, "-->")
		return true
	}
	if i := strings.LastIndex(line, "<!--"); i >= 0 && !strings.Contains(line[i:], "-->") {
		l.comment = true
		// The line's own beginning still counts, unless the comment is the whole of it.
		return strings.TrimSpace(line[:i]) == ""
	}
	return false
}

func (l *list) line(line string, offset, number int) {
	if m := headingLine.FindStringSubmatchIndex(line); m != nil {
		t := Task{
			ID: line[m[8]:m[9]], number: line[m[8]:m[9]], Title: line[m[10]:m[11]], Line: number,
			State: Open, box: -1, at: offset + m[3] + 1, level: m[3] - m[2], Optional: m[6] >= 0 && m[6] < m[7],
		}
		if m[4] >= 0 {
			t.State, t.box, t.boxLen = stateOf(line[m[4]:m[5]]), offset+m[4], m[5]-m[4]
		}
		l.add(t, true)
		return
	}
	if m := anyHeading.FindStringSubmatch(line); m != nil {
		l.section(len(m[1]))
		return
	}
	m := itemLine.FindStringSubmatchIndex(line)
	if m == nil {
		return
	}
	t := Task{
		State: stateOf(line[m[4]:m[5]]), Optional: m[6] < m[7], Line: number,
		box: offset + m[4], boxLen: m[5] - m[4], indent: width(line[m[2]:m[3]]),
	}
	if m[8] >= 0 {
		t.Title = line[m[8]:m[9]]
	}
	if n := numbered.FindStringSubmatch(t.Title); n != nil {
		t.ID, t.number, t.Title = n[1], n[1], n[4]
		t.Optional = t.Optional || n[2] == "*" || n[3] == "*"
	}
	l.add(t, t.ID != "")
}

// section ends the task headings that a heading closes: what follows belongs to none of them.
func (l *list) section(level int) {
	if n := len(l.tasks); n > 0 && l.tasks[n-1].level != closed {
		l.tasks = append(l.tasks, Task{level: closed, indent: level})
	}
}

// closed is the level of an entry that is no task but the end of a section. settle removes it.
const closed = -1

// maxLevel is above the level of every heading.
const maxLevel = 7

func (l *list) add(t Task, hasNumber bool) {
	t.Title = strings.TrimSpace(strings.Trim(cutText(t.Title, maxTitle), "*"))
	parent := l.parentOf(t)
	if !hasNumber && parent >= 0 && l.tasks[parent].ID[0] != '#' {
		l.details[parent] = append(l.details[parent], detail{state: t.State, box: t.box, boxLen: t.boxLen})
		return
	}
	l.count++
	place := strconv.Itoa(l.count)
	if t.ID == "" {
		t.ID = "#" + place
	} else if _, used := Find(l.tasks, t.ID); used {
		t.ID += "#" + place
	}
	if parent >= 0 {
		t.Parent = l.tasks[parent].ID
	}
	l.tasks = append(l.tasks, t)
}

// parentOf is the index of the task that t is a part of, or -1: the one whose number t's begins with, else the
// nearest one above that is less indented, else the heading that it is under.
func (l *list) parentOf(t Task) int {
	if i := strings.LastIndexByte(t.number, '.'); i > 0 {
		for n := len(l.tasks) - 1; n >= 0; n-- {
			if l.tasks[n].number == t.number[:i] {
				return n
			}
		}
	}
	// Only a heading above all sections that were begun since can hold t.
	level, lists := maxLevel, t.level == 0
	if t.level > 0 {
		level = t.level
	}
	for n := len(l.tasks) - 1; n >= 0; n-- {
		above := l.tasks[n]
		switch {
		case above.level == closed:
			level, lists = min(level, above.indent), false
		case above.level > 0 && above.level < level:
			return n
		case above.level > 0:
			level, lists = min(level, above.level), false
		case lists && above.indent < t.indent:
			return n
		}
	}
	return -1
}

// settle works out what follows from a task's parts.
func (l *list) settle() {
	tasks := make([]Task, 0, len(l.tasks))
	place := map[string]int{}
	for n, t := range l.tasks {
		if t.level == closed {
			continue
		}
		if t.details = l.details[n]; t.box < 0 && len(t.details) > 0 {
			t.State = together(statesOf(t.details))
		}
		t.Leaf = true
		place[t.ID] = len(tasks)
		tasks = append(tasks, t)
	}
	parts := make([][]State, len(tasks))
	// Backwards, because parts are behind what they are part of.
	for n := len(tasks) - 1; n >= 0; n-- {
		t := &tasks[n]
		if len(parts[n]) > 0 {
			t.State = together(parts[n])
		}
		if p, ok := place[t.Parent]; ok && t.Parent != "" {
			// With optional parts only, the task's own work is all there is to do.
			if !t.Optional {
				tasks[p].Leaf = false
				parts[p] = append(parts[p], t.State)
			}
		}
	}
	l.tasks = tasks
}

func statesOf(details []detail) []State {
	states := make([]State, 0, len(details))
	for _, d := range details {
		states = append(states, d.state)
	}
	return states
}

func together(states []State) State {
	done := 0
	for _, s := range states {
		if s == Done {
			done++
		}
	}
	switch {
	case done == len(states):
		return Done
	case done > 0:
		return InProgress
	default:
		return Open
	}
}

func stateOf(mark string) State {
	switch mark {
	case "x", "X", "✓", "✔":
		return Done
	case "-", "~", "/":
		return InProgress
	default:
		return Open
	}
}

// width is how far a line is indented, with a tab to the next multiple of four.
func width(blanks string) int {
	n := 0
	for _, c := range blanks {
		if c == '\t' {
			n += 4 - n%4
		} else {
			n++
		}
	}
	return n
}
