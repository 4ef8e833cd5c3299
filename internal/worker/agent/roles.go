// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

// roles decides which nodes without a number are steps of a task, which are tasks, and which are checks of the whole.
func (l *list) roles() {
	for n := range l.nodes {
		if p := l.ownerOf(n); p >= 0 && l.nodes[n].id != "" && !l.nodes[n].entry.optional {
			l.nodes[p].parts++
		}
	}
	numbered := l.numbered()
	for n := range l.nodes {
		node := &l.nodes[n]
		if node.entry == nil || node.id != "" || node.level > 0 {
			continue
		}
		switch p := node.parent; {
		case p >= 0 && l.nodes[p].dropped:
			node.dropped = true
		case p >= 0 && l.nodes[p].step:
			// A step's steps are the task's.
			node.step, node.parent = true, l.nodes[p].parent
		case p >= 0 && l.nodes[p].owner && l.nodes[p].parts == 0:
			node.step = true
		case p >= 0 && l.nodes[p].owner:
			// A task with parts is done when they are, so this is one of them. It owns the steps below it.
			node.dropped = l.nodes[p].level > 0 && isCheck(node.entry.section)
			node.owner = true
		case p < 0:
			node.dropped = l.isCheckOfAll(n, numbered)
		}
	}
}

// ownerOf is the task that a node is a part of, or -1.
func (l *list) ownerOf(n int) int {
	if l.nodes[n].entry == nil {
		return -1
	}
	p := l.nodes[n].parent
	for p >= 0 && l.nodes[p].id == "" && !l.nodes[p].owner {
		p = l.nodes[p].parent
	}
	return p
}

// isCheckOfAll reports whether a box without a number is in a list of checks: where tasks have numbers, sections of boxes
// behind them that have none say when all is done, not what to do.
func (l *list) isCheckOfAll(n int, numbered numberedNodes) bool {
	e := l.nodes[n].entry
	switch {
	case e.mention:
		return true
	case numbered.last >= 0 && !numbered.sections[e.place] && doneWhen.MatchString(e.section):
		return true
	case n < numbered.first || numbered.sections[e.place] || e.section == "":
		// A number in the same section makes it a list of tasks.
		return false
	case isCheck(e.section):
		return true
	default:
		return numbered.items && numbered.last < n && !isWork(e.section)
	}
}

// numberedNodes are where tasks with numbers are.
type numberedNodes struct {
	first, last int
	items       bool // some of them are list items
	sections    map[int]bool
}

func (l *list) numbered() numberedNodes {
	found := numberedNodes{first: len(l.nodes), last: -1, sections: map[int]bool{}}
	for n := range l.nodes {
		node := &l.nodes[n]
		if node.id == "" {
			continue
		}
		found.first, found.last = min(found.first, n), n
		found.items = found.items || node.level == 0
		found.sections[node.entry.place] = true
	}
	return found
}
