// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Confine compares what an agent did to tasks.md with the one task that it was given. Its own box is its to change,
// and so are those of its parts and of the tasks that it is a part of. Any other box is put back as it was, and a task
// that was added is not done: nobody saw their work, and the next attempt would believe them. Prose is left alone.
//
// It returns the text, and which tasks' boxes were put back. An error says that the list itself is another: a task
// was removed, or is no longer the one that somebody wrote and approved.
func Confine(before, after []byte, id string) (text []byte, restored []string, err error) {
	was, err := ParseTasks(before)
	if err != nil {
		return nil, nil, err
	}
	is, err := ParseTasks(after)
	if err != nil {
		return nil, nil, err
	}
	if marks, names := lostStars(before, was, is, id); len(marks) > 0 {
		after, restored = apply(after, marks), names
		if is, err = ParseTasks(after); err != nil {
			return nil, nil, err
		}
	}
	if names := rewritten(was, is, id); len(names) > 0 {
		return nil, nil, rewrittenError(names)
	}
	own := kin(is, id)
	var marks []mark
	for _, task := range is {
		if own[task.ID] {
			continue
		}
		old, known := Find(was, task.ID)
		if found := strayMarks(before, after, old, task, known); len(found) > 0 {
			if marks = append(marks, found...); !slices.Contains(restored, task.ID) {
				restored = append(restored, task.ID)
			}
		}
	}
	text = apply(after, marks)
	// A box can be made, or removed, in more ways than are put back one by one.
	if is, err = ParseTasks(text); err != nil {
		return nil, nil, err
	}
	maps.Copy(own, kin(was, id))
	if names := turned(was, is, own); len(names) > 0 {
		return nil, nil, rewrittenError(names)
	}
	return text, restored, nil
}

func rewrittenError(names []string) error {
	const few = 3
	more := ""
	if len(names) > few {
		names, more = names[:few], " and others"
	}
	return fmt.Errorf("the agent removed or rewrote tasks in tasks.md: %s%s", strings.Join(names, ", "), more)
}

// kin are a task, its parts, and what it is a part of.
func kin(tasks []Task, id string) map[string]bool {
	own := map[string]bool{id: true}
	for _, t := range tasks {
		// A parent is before its parts.
		if own[t.Parent] {
			own[t.ID] = true
		}
	}
	for t, ok := Find(tasks, id); ok && t.Parent != ""; t, ok = Find(tasks, t.Parent) {
		own[t.Parent] = true
	}
	return own
}

// lostStars restore the lines of optional tasks that are no longer marked as optional. Agents drop the star when they tick
// such a task on the way.
func lostStars(before []byte, was, is []Task, id string) (marks []mark, names []string) {
	own := kin(is, id)
	for _, old := range was {
		now, ok := Find(is, old.ID)
		if !ok || own[old.ID] || !old.Optional || now.Optional || old.box < 0 || now.box < 0 || !sameTitle(old.Title, now.Title) {
			continue
		}
		marks = append(marks, mark{now.box, now.end - now.box, string(before[old.box:old.end])})
		names = append(names, old.ID)
	}
	return marks, names
}

// rewritten are the tasks that are no longer what they were. Of the agent's own only its place counts: as a part of
// another, or as an optional one, it would remove more than itself. Its parts are the run's to change.
func rewritten(was, is []Task, id string) []string {
	var names []string
	parts := map[string]bool{id: true}
	for _, old := range was {
		if parts[old.Parent] {
			parts[old.ID] = true
			continue
		}
		now, ok := Find(is, old.ID)
		same := ok && now.Parent == old.Parent && now.Optional == old.Optional
		if same && old.ID != id {
			// Marks behind a title and markup rewrite no task.
			same = sameTitle(now.Title, old.Title) && now.Leaf == old.Leaf
		}
		if !same {
			names = append(names, old.ID)
		}
	}
	return names
}

// turned are the tasks, not of the agent's own, that are done now and were not, or the other way round.
func turned(was, is []Task, own map[string]bool) []string {
	var names []string
	for _, old := range was {
		now, ok := Find(is, old.ID)
		if own[old.ID] || ok && (now.State == Done) == (old.State == Done) {
			continue
		}
		names = append(names, old.ID)
	}
	return names
}

// mark is what a box is to hold.
type mark struct {
	box, boxLen int
	text        string
}

// strayMarks restore the boxes of a task that the agent was not given.
func strayMarks(before, after []byte, old, now Task, known bool) []mark {
	var marks []mark
	if known && old.box < 0 && now.box < 0 && len(old.details)+len(now.details) == 0 && (old.State == Done) != (now.State == Done) {
		// A heading whose words say that it is done.
		return []mark{{now.start, now.end - now.start, string(before[old.start:old.end])}}
	}
	put := func(box, boxLen int, want string) {
		if stateOf(string(after[box:box+boxLen])) != stateOf(want) {
			marks = append(marks, mark{box, boxLen, want})
		}
	}
	if now.box >= 0 {
		want := " "
		switch {
		case known && old.box >= 0:
			want = string(before[old.box : old.box+old.boxLen])
		case known && old.State == Done:
			want = "x"
		}
		put(now.box, now.boxLen, want)
	}
	for n, d := range now.details {
		switch {
		case !known:
			put(d.box, d.boxLen, " ")
		case len(old.details) == len(now.details):
			put(d.box, d.boxLen, string(before[old.details[n].box:old.details[n].box+old.details[n].boxLen]))
		}
	}
	return marks
}

// apply fills boxes. From the end, as that moves nothing that is still to be filled.
func apply(text []byte, marks []mark) []byte {
	slices.SortFunc(marks, func(a, b mark) int { return cmp.Compare(b.box, a.box) })
	for _, m := range marks {
		text = slices.Concat(text[:m.box], []byte(m.text), text[m.box+m.boxLen:])
	}
	return text
}
