// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// sighting is what was seen after an agent was run on a task.
type sighting struct {
	// Suspicious is what speaks against the run: a time-out, an exit code, a denied tool.
	Suspicious string
	// List says what became of tasks.md, if it is no longer the list that it was.
	List string
	// Ticked: the task's box is, and was not before. Split: the task has parts now.
	Ticked, Split bool
	// Changed is how many files this run changed, beside tasks.md.
	Changed int
	// Conflicts are files in which a merge was begun and not ended.
	Conflicts []string
	// TicksItself is true of an agent that is known to tick the boxes of what it did.
	TicksItself bool
}

// verdict is what a task's run comes to.
type verdict struct {
	Done bool
	// Tick: the work is done, and the box is to be ticked by the worker.
	Tick   bool
	Reason string
}

// judge decides whether a task is done. An exit code of zero proves nothing, and neither does a box alone where
// something speaks against the run.
func judge(s sighting) verdict {
	switch {
	case s.List != "":
		return verdict{Reason: s.List}
	case s.Suspicious != "":
		return verdict{Reason: s.Suspicious}
	case len(s.Conflicts) > 0:
		return verdict{Reason: "a merge was left unresolved, with conflict marks in " + firstFew(s.Conflicts)}
	case s.Ticked && s.Changed == 0:
		// Tasks that only look at things ("all tests pass") are common in specs.
		return verdict{Done: true, Reason: "the box is ticked, and no other file was changed"}
	case s.Ticked:
		return verdict{Done: true, Reason: fmt.Sprintf("the box is ticked, %s changed", prbody.FileCount(s.Changed))}
	case s.Split:
		return verdict{Reason: "the agent split the task into parts and left some of them open"}
	case s.Changed == 0:
		return verdict{Reason: "the agent changed nothing and left the box open"}
	case s.TicksItself:
		return verdict{Reason: fmt.Sprintf("the agent changed %s, but left the box open", prbody.FileCount(s.Changed))}
	default:
		return verdict{Done: true, Tick: true, Reason: fmt.Sprintf("%s changed; the worker ticked the box", prbody.FileCount(s.Changed))}
	}
}
