// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

// maxLineHead is how much of a line is kept while it is read: enough for a path.
const maxLineHead = 5 << 10

// Findings are what must not be in the lines that a change adds, by path.
type Findings struct {
	// Secrets are files that would hold a known secret.
	Secrets []string
	// Conflicts are files that would hold a conflict that nobody resolved.
	Conflicts []string
}

// diffScan reads a diff (without context lines) and notes, by file, what must not be in the lines that it adds. It
// holds one line's beginning at a time, however long the lines are.
type diffScan struct {
	finder func() *redact.Finder

	found Findings

	name string
	// header is how the file's part begins. A file without a line has its name nowhere else.
	header string
	// named: the file's path itself holds a known secret, and the change does not remove it.
	named  bool
	added  *redact.Finder // of the current file
	merge  conflictMarks
	head   []byte // the current line's beginning
	midway bool
}

// Write implements io.Writer.
func (d *diffScan) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		part, whole := rest, false
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			part, whole = rest[:i+1], true
		}
		rest = rest[len(part):]
		d.add(part)
		if d.midway = !whole; whole {
			d.line(strings.TrimRight(string(d.head), "\r\n"))
			d.head = d.head[:0]
		}
	}
	return len(p), nil
}

// add reads a part of a line.
func (d *diffScan) add(part []byte) {
	d.head = append(d.head, part[:min(len(part), maxLineHead-len(d.head))]...)
	if d.head[0] != '+' || d.added == nil {
		return
	}
	if !d.midway {
		part = part[1:]
	}
	_, _ = d.added.Write(part)
}

// line looks at a line's beginning, once all of the line was read.
func (d *diffScan) line(head string) {
	switch {
	case strings.HasPrefix(head, "diff --git "):
		d.settle()
		d.name, d.header, d.added, d.merge = "", head, d.finder(), conflictMarks{}
		path := d.finder()
		_, _ = path.Write([]byte(head))
		d.named = path.Holds()
	case strings.HasPrefix(head, "deleted file mode "):
		d.named = false
	case d.name == "" && strings.HasPrefix(head, "+++ "):
		d.name = strings.TrimPrefix(strings.Trim(head[4:], `"`), "b/")
	case strings.HasPrefix(head, "+"):
		d.merge.line(head[1:])
	}
}

// settle notes what was found in the file that ends.
func (d *diffScan) settle() {
	if d.added == nil {
		return
	}
	if d.name == "" {
		_, d.name, _ = strings.Cut(d.header, " b/")
	}
	if d.added.Holds() || d.named {
		d.found.Secrets = append(d.found.Secrets, d.name)
	}
	if d.merge.whole() {
		d.found.Conflicts = append(d.found.Conflicts, d.name)
	}
	d.added = nil
}

// conflictMarks follows a text's lines and says whether it has git's three marks of a conflict, in their order.
// One of them alone is common: a row of equal signs underlines a heading.
type conflictMarks struct{ seen int }

func (m *conflictMarks) line(line string) {
	marks := [...]func(string) bool{
		func(l string) bool { return strings.HasPrefix(l, "<<<<<<< ") },
		func(l string) bool { return l == "=======" },
		func(l string) bool { return strings.HasPrefix(l, ">>>>>>> ") },
	}
	if m.seen < len(marks) && marks[m.seen](line) {
		m.seen++
	}
}

func (m *conflictMarks) whole() bool { return m.seen == 3 }

// HoldsConflict reports whether a text holds a conflict that nobody resolved.
func HoldsConflict(text []byte) bool {
	var m conflictMarks
	for line := range bytes.Lines(text) {
		m.line(string(bytes.TrimRight(line, "\r\n")))
	}
	return m.whole()
}
