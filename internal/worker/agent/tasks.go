// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Bounds of a tasks.md. They are far above what a person writes, and keep a hostile file from costing anything.
const (
	maxTasksBytes = 1 << 20
	maxTasks      = 1000
	maxEntries    = 8 * maxTasks // headings, boxes and labels
	maxTitle      = 300
)

// State is what a task's box says.
type State string

const (
	// Open is `[ ]`.
	Open State = "open"
	// InProgress is `[-]`: begun, perhaps by an attempt that died. It counts as open.
	InProgress State = "in progress"
	// Done is `[x]`.
	Done State = "done"
)

// Task is one task of a spec.
type Task struct {
	// ID is its number, as "2", "2.1" or "T002". One without a number is named by its place, as "#3", and in a task by
	// its place there, as "2#1" or "#3.1"; one whose number was used before has the place added, as "2#7".
	ID string
	// Title is the text behind the number, in one line of at most 300 bytes.
	Title string
	// State is what its own box says, or where it has none, what its details' boxes say together. For a task with
	// children it follows from them: a box ticked too early hides nothing.
	State State
	// Optional tasks (`- [ ]*`) are not worked on and hold nothing up.
	Optional bool
	// Parent is the ID of the task that this is a part of; empty for none.
	Parent string
	// Leaf is true of a task without parts. Only leaves are given to an agent.
	Leaf bool
	// Line is the line that it is in, from 1.
	Line int

	section string // the heading that it is under, if that is no task
	number  string // ID without what was added
	box     int    // offset of what is in the box, or -1
	boxLen  int    // its length in bytes
	at      int    // offset of the place where a heading's box could be put
	start   int    // offset of its line
	end     int    // offset of the end of its line
	details []detail
	level   int // of a heading; 0 is a list item
}

// detail is a box without a number within a task.
type detail struct {
	state       State
	box, boxLen int
	line        int
}

// ParseTasks reads a tasks.md. It is tolerant of everything that people and agents write; an error means that the
// text is no task list at all, and says why. Tasks come in the order of the text.
func ParseTasks(text []byte) ([]Task, error) {
	l, err := parse(text)
	if err != nil {
		return nil, err
	}
	return l.tasks, nil
}

func parse(text []byte) (*list, error) {
	if len(text) > maxTasksBytes {
		return nil, fmt.Errorf("tasks.md has %d bytes; at most %d are read: split the spec", len(text), maxTasksBytes)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, errors.New("tasks.md has a zero byte: it is not a text file in UTF-8")
	}
	l := &list{}
	l.read(text)
	l.settle()
	if len(l.tasks) > maxTasks || len(l.entries) > maxEntries {
		return nil, fmt.Errorf("tasks.md has more than %d tasks: split the spec", maxTasks)
	}
	if len(l.tasks) == 0 {
		return nil, errors.New("tasks.md has no tasks: write them as \"- [ ] 1. Title\"" + l.instead())
	}
	return l, nil
}

// instead says what a list without tasks has in their place.
func (l *list) instead() string {
	if len(l.strays) == 0 {
		return ""
	}
	return fmt.Sprintf("; line %d looks like one: %q", l.strays[0].Line, l.strays[0].Text)
}

// OpenTasks are the tasks to be worked on, in their order: open leaves that are not optional, nor part of an optional
// task.
func OpenTasks(tasks []Task) []Task {
	var open []Task
	for _, t := range required(tasks) {
		if t.State != Done {
			open = append(open, t)
		}
	}
	return open
}

// Count is how many of the required leaves are done.
func Count(tasks []Task) contract.Tasks {
	var c contract.Tasks
	for _, t := range required(tasks) {
		c.Total++
		if t.State == Done {
			c.Done++
		}
	}
	return c
}

// Find returns the task with an ID.
func Find(tasks []Task, id string) (Task, bool) {
	for _, t := range tasks {
		if t.ID == id {
			return t, true
		}
	}
	return Task{}, false
}

func required(tasks []Task) []Task {
	optional := map[string]bool{}
	var kept []Task
	for _, t := range tasks {
		// A parent is always before its parts.
		optional[t.ID] = t.Optional || optional[t.Parent]
		if t.Leaf && !optional[t.ID] {
			kept = append(kept, t)
		}
	}
	return kept
}

// MarkDone ticks a task's box, and those of its parents whose parts are all done then. Everything else stays byte by
// byte as it was. A task without a box gets one.
func MarkDone(text []byte, id string) ([]byte, error) {
	tasks, err := ParseTasks(text)
	if err != nil {
		return nil, err
	}
	task, ok := Find(tasks, id)
	if !ok {
		return nil, fmt.Errorf("tasks.md has no task %s", id)
	}
	text = tick(text, task)
	for task.Parent != "" {
		// Offsets have moved, so look again.
		if tasks, err = ParseTasks(text); err != nil {
			return nil, err
		}
		if task, ok = Find(tasks, task.Parent); !ok || task.State != Done {
			break
		}
		if task.box >= 0 {
			text = tick(text, task)
		}
	}
	return text, nil
}

func tick(text []byte, t Task) []byte {
	from, to, mark := t.at, t.at, "[x] "
	if t.box >= 0 {
		from, to, mark = t.box, t.box+t.boxLen, "x"
	}
	return slices.Concat(text[:from], []byte(mark), text[to:])
}

// cutText makes one line of at most max bytes.
func cutText(s string, limit int) string {
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "")
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
