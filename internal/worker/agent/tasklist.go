// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"strconv"
	"strings"
)

// list is a tasks.md while it is read: its entries, then the tree of tasks that they are.
type list struct {
	entries []entry
	numbers numbering
	open    *hidden // a block of code or a comment that nothing closes

	nodes  []node
	strays []Stray
	tasks  []Task
}

// node is an entry that is a task or a step of one, or the end of a section.
type node struct {
	entry  *entry
	id     string // its number, if that counts
	parent int    // its place among the nodes, or -1
	level  int    // of a heading; closed is the end of a section
	indent int
	owner  bool // boxes without a number under it are its steps

	step    bool // it is a step of its parent, not a task
	dropped bool // it is neither: a check of the whole
	parts   int  // how many numbered parts have to be done
}

// closed is the level of a node that is no task but the end of a section.
const closed = -1

// maxLevel is above the level of every heading.
const maxLevel = 7

func (l *list) read(text []byte) {
	var lines []line
	lines, l.open = visible(text)
	l.entries = readEntries(lines)
	l.numbers = number0(l.entries)
	l.headings()
	l.tree()
	l.roles()
	l.name()
	l.strays = l.straysIn(lines)
}

// tree finds out what each entry is a part of.
func (l *list) tree() {
	section, label, mention, place := "", "", false, 0
	for n := range l.entries {
		e := &l.entries[n]
		if e.label || e.heading > 0 {
			place++
		}
		e.section, e.place = section, place
		if label != "" {
			e.section = label
		}
		switch {
		case e.label:
			label = e.title
		case e.heading > 0 && !e.task:
			section, label, mention = e.title, "", e.mention
			l.section(e.heading)
			if e.alias >= 0 {
				l.reopen(e)
			}
		default:
			if e.heading > 0 {
				section, label, mention = "", "", false
			}
			e.mention = mention
			l.add(e)
		}
	}
}

// section ends the task headings that a heading closes: what follows belongs to none of them.
func (l *list) section(level int) {
	l.nodes = append(l.nodes, node{level: closed, indent: level, parent: -1})
}

// reopen makes what follows part of the list item that a heading repeats.
func (l *list) reopen(e *entry) {
	for n := range l.nodes {
		if l.nodes[n].entry == &l.entries[e.alias] {
			l.nodes = append(l.nodes, node{level: e.heading, parent: n, indent: -1})
			return
		}
	}
}

func (l *list) add(e *entry) {
	n := node{entry: e, level: e.heading, indent: e.indent, owner: e.heading > 0}
	inside := l.above(n)
	if l.numbers.counts(e, l.numberOf(inside)) {
		n.id, n.owner = e.number.text, true
		l.numbers.seen(n.id, inside < 0)
	}
	if n.level > 0 && inside >= 0 && n.id != "" && l.nodes[inside].id != "" && !strings.HasPrefix(n.id, l.nodes[inside].id+".") {
		// Its number says that it is no part, whatever its level.
		inside = l.nodes[inside].parent
	}
	n.parent = l.byNumber(n, inside)
	l.nodes = append(l.nodes, n)
}

// numberOf is the number of the nearest numbered task that a node is in; empty for none.
func (l *list) numberOf(n int) string {
	for ; n >= 0; n = l.nodes[n].parent {
		if l.nodes[n].id != "" {
			return l.nodes[n].id
		}
	}
	return ""
}

// byNumber is what a node is a part of: what its number says, if that is where it is in the text, too, or where the
// parts of that task are not indented; else what it is in.
func (l *list) byNumber(n node, inside int) int {
	above := parentNumber(n.id)
	if above == "" {
		return inside
	}
	for p := len(l.nodes) - 1; p >= 0; p-- {
		up := &l.nodes[p]
		if up.id != above {
			continue
		}
		deeper := up.level > 0 && n.level == 0 || up.level > 0 && n.level > up.level || up.level == 0 && n.level == 0 && n.indent > up.indent
		// A number between two others ("1.5" beside "1") has no first part beside it.
		if deeper || l.numbers.first[above] {
			return p
		}
		return inside
	}
	return inside
}

// above is what a node is in: the nearest one above that is less indented, else the heading that it is under.
func (l *list) above(n node) int {
	// Only a heading above all sections that were begun since can hold it.
	level, lists := maxLevel, n.level == 0
	if n.level > 0 {
		level = n.level
	}
	for p := len(l.nodes) - 1; p >= 0; p-- {
		up := &l.nodes[p]
		switch {
		case up.level == closed:
			level, lists = min(level, up.indent), false
		case up.level > 0 && up.level < level:
			if up.entry == nil {
				return up.parent
			}
			return p
		case up.level > 0:
			level, lists = min(level, up.level), false
		case lists && up.indent < n.indent:
			return p
		}
	}
	return -1
}

// name gives each task the name by which it is known, and makes the list of tasks.
func (l *list) name() {
	used := map[string]bool{}
	place := map[int]int{} // of a node among the tasks
	below := map[int]int{} // how many parts without a number a node has
	count := 0
	for n := range l.nodes {
		node := &l.nodes[n]
		if node.entry == nil || node.dropped {
			continue
		}
		e := node.entry
		p, inside := -1, false
		if node.parent >= 0 {
			p, inside = place[node.parent], true
		}
		if node.step {
			if inside {
				l.tasks[p].details = append(l.tasks[p].details, detail{state: e.state(l.text(e)), box: e.box, boxLen: e.boxLen, line: e.line.number})
			}
			continue
		}
		t := e.task0(l.text(e), node.id)
		if !inside || l.tasks[p].ID[0] != '#' {
			count++
		}
		switch {
		case node.id != "":
			t.ID = node.id
			if used[t.ID] {
				t.ID += "#" + strconv.Itoa(count)
			}
		case !inside:
			t.ID = "#" + strconv.Itoa(count)
		default:
			below[p]++
			t.ID = partName(l.tasks[p].ID, below[p])
		}
		for used[t.ID] {
			t.ID += "'"
		}
		if inside {
			t.Parent = l.tasks[p].ID
		}
		used[t.ID] = true
		place[n] = len(l.tasks)
		l.tasks = append(l.tasks, t)
	}
}

// partName names a part that has no number: by its place in what it is a part of, so that a task that is split does
// not change the names of those behind it.
func partName(parent string, n int) string {
	if strings.HasPrefix(parent, "#") {
		return parent + "." + strconv.Itoa(n)
	}
	return parent + "#" + strconv.Itoa(n)
}

// text is what is in an entry's box.
func (l *list) text(e *entry) string {
	if e.box < 0 {
		return ""
	}
	from := e.box - e.line.offset
	return e.line.text[from : from+e.boxLen]
}

func (e *entry) state(box string) State {
	if e.box >= 0 {
		return stateOf(box)
	}
	if e.finished {
		return Done
	}
	return Open
}

// task0 is an entry as a task that is not named yet.
func (e *entry) task0(box, id string) Task {
	t := Task{
		number: id, Title: e.title, Line: e.line.number, State: e.state(box), Optional: e.optional, section: e.section,
		box: e.box, boxLen: e.boxLen, at: e.at, start: e.line.offset, end: e.line.offset + len(e.line.text), level: e.heading,
	}
	if id != "" {
		t.Title = e.number.title
	}
	t.Title = strings.TrimSpace(strings.Trim(strings.NewReplacer("**", "", "__ ", " ").Replace(cutText(t.Title, maxTitle)), "*"))
	return t
}

// settle works out what follows from a task's parts.
func (l *list) settle() {
	tasks := l.tasks
	place := map[string]int{}
	for n := range tasks {
		t := &tasks[n]
		if t.box < 0 && len(t.details) > 0 {
			t.State = together(statesOf(t.details))
		}
		t.Leaf = true
		place[t.ID] = n
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
	switch strings.TrimSpace(mark) {
	case "x", "X", "✓", "✔", "✅", "☑":
		return Done
	case "-", "~", "/":
		return InProgress
	default:
		return Open
	}
}
