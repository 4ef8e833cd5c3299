// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// observation is what was seen after an agent was run on a task.
type observation struct {
	// Suspicious is what is known against the run: a time-out, an exit code, a denied tool.
	Suspicious string
	// List says what became of tasks.md, if it is no longer the list that it was.
	List string
	// Ticked: the task's box is, and was not before. Split: the task has parts now.
	Ticked, Split bool
	// Changed is how many files this run changed, beside tasks.md.
	Changed int
	// Protected are the changed files that the environment protects.
	Protected []string
	// Conflicts are files in which a merge was begun and not ended.
	Conflicts []string
	// Nothing: the agent left no sign that it ran at all, and the checkout as it was.
	Nothing bool
	// TicksItself is true of an agent that is known to tick the boxes of what it did.
	TicksItself bool
}

// taskResult is what a run on a task comes to.
type taskResult struct {
	Done bool
	// Tick: the work is done, and the worker is to tick the box.
	Tick   bool
	Reason string
}

// classify decides whether a task is done. An exit code of zero proves nothing, and neither does a box alone where
// something is known against the run.
func classify(s observation) taskResult {
	switch {
	case s.List != "":
		return taskResult{Reason: s.List}
	case s.Suspicious != "":
		return taskResult{Reason: s.Suspicious}
	case s.Nothing:
		return taskResult{Reason: "the agent changed nothing and printed nothing, not even its closing line: it did not work at all"}
	case len(s.Conflicts) > 0:
		return taskResult{Reason: "a merge was left unresolved, with conflict marks in " + firstFew(s.Conflicts)}
	case s.Ticked && s.Changed == 0:
		// Tasks that only check things ("all tests pass") are common in specs.
		return taskResult{Done: true, Reason: "the box is ticked, and no other file was changed"}
	case s.Ticked:
		return taskResult{Done: true, Reason: fmt.Sprintf("the box is ticked, %s changed", prbody.FileCount(s.Changed))}
	case s.Split:
		return taskResult{Reason: "the agent split the task into parts and left some of them open"}
	case s.Changed == 0:
		return taskResult{Reason: "the agent changed nothing and left the box open"}
	case s.TicksItself:
		return taskResult{Reason: fmt.Sprintf("the agent changed %s, but left the box open", prbody.FileCount(s.Changed))}
	default:
		return taskResult{Done: true, Tick: true, Reason: fmt.Sprintf("%s changed; the worker ticked the box", prbody.FileCount(s.Changed))}
	}
}
