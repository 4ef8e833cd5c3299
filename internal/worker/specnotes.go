// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"
	"strconv"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
)

// noteSpec notes what of a tasks.md is not worked on although it may look so, and what is although it may not. It returns
// what nobody would miss until it is too late: lines that look like tasks and are none.
func noteSpec(s *State, text []byte, tasks []agent.Task, clean cleaner) (unread []string) {
	strays, err := agent.Strays(text)
	if err != nil {
		return nil
	}
	var checks []string
	for _, stray := range strays {
		if stray.Check {
			checks = append(checks, strconv.Itoa(stray.Line))
			continue
		}
		unread = append(unread, fmt.Sprintf("line %d (%s)", stray.Line, clean(stray.Text)))
	}
	if len(unread) > 0 {
		s.note("%d lines of tasks.md look like tasks and are none, so nobody works on them: %s. Write each as \"- [ ] 1. Title\".", len(unread), firstFew(unread))
	}
	if len(checks) > 0 {
		s.note("The boxes of checks in tasks.md (lines %s) are no tasks.", firstFew(checks))
	}
	if named := agent.OptionalInWords(tasks); len(named) > 0 {
		s.note("The words of %s say optional or later; only a star (\"- [ ]*\") makes a task optional, so they are worked on.", firstFew(taskIDs(named)))
	}
	if named := agent.OpenSteps(tasks); len(named) > 0 {
		s.note("Tasks that are ticked, with open boxes of their own, count as done: %s.", firstFew(taskIDs(named)))
	}
	return unread
}

func taskIDs(tasks []agent.Task) []string {
	names := make([]string, 0, len(tasks))
	for _, task := range tasks {
		names = append(names, task.ID)
	}
	return names
}
