// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"fmt"
	"path"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// taskList is the spec's tasks.md in the checkout. That it cannot be read or written is the agent's failure: it was
// there when the spec was validated.
type taskList struct {
	tree *gitrepo.WorkTree
	path string // in the repository
}

func taskListOf(tree *gitrepo.WorkTree, specPath string) taskList {
	return taskList{tree: tree, path: path.Join(specPath, "tasks.md")}
}

func (l taskList) read() ([]byte, error) {
	text, err := l.tree.ReadFile(l.path, maxSpecFile)
	if err != nil {
		return nil, failedf(contract.OutcomeAgentFailed, "%s %s", l.path, gitrepo.PlainError(err))
	}
	return text, nil
}

func (l taskList) parse() ([]agent.Task, error) {
	text, err := l.read()
	if err != nil {
		return nil, err
	}
	tasks, err := agent.ParseTasks(text)
	if err != nil {
		return nil, failed(contract.OutcomeAgentFailed, err)
	}
	return tasks, nil
}

// restore makes it what it was before a task.
func (l taskList) restore(list []byte) error {
	if text, err := l.tree.ReadFile(l.path, maxSpecFile); err == nil && bytes.Equal(text, list) {
		return nil
	}
	if err := l.tree.WriteFile(l.path, list); err != nil {
		return failedf(contract.OutcomeAgentFailed, "%s cannot be put back after a try that spoiled it: %s", l.path, gitrepo.PlainError(err))
	}
	return nil
}

// confined is what a run left of the list, once the boxes of other tasks are put back.
type confined struct {
	task agent.Task // the run's own
	// problem says why the list is not to be trusted: it cannot be read, or has other tasks.
	problem string
	// restored are the tasks whose boxes were put back.
	restored []string
}

// confine puts back what a run on a task changed at other tasks' boxes. The list is tasks.md before the run.
func (l taskList) confine(list []byte, id string) (confined, error) {
	text, err := l.tree.ReadFile(l.path, maxSpecFile)
	if err != nil {
		return confined{problem: fmt.Sprintf("the task vanished: tasks.md %s", gitrepo.PlainError(err))}, nil
	}
	kept, restored, err := agent.Confine(list, text, id)
	if err != nil {
		return confined{problem: err.Error()}, nil //nolint:nilerr // the problem is the agent's, and classified like any other
	}
	if len(restored) > 0 {
		if err := l.tree.WriteFile(l.path, kept); err != nil {
			return confined{}, failedf(contract.OutcomeAgentFailed, "the boxes of other tasks in %s cannot be put back: %s", l.path, gitrepo.PlainError(err))
		}
	}
	tasks, err := agent.ParseTasks(kept)
	if err != nil {
		return confined{problem: err.Error(), restored: restored}, nil //nolint:nilerr // as above
	}
	task, _ := agent.Find(tasks, id)
	return confined{task: task, restored: restored}, nil
}

// tick ticks a task's box.
func (l taskList) tick(task agent.Task) error {
	text, err := l.tree.ReadFile(l.path, maxSpecFile)
	if err == nil {
		text, err = agent.MarkDone(text, task.ID)
	}
	if err == nil {
		err = l.tree.WriteFile(l.path, text)
	}
	if err != nil {
		return failed(contract.OutcomeAgentFailed, fmt.Errorf("ticking task %s: %w", task.ID, err))
	}
	return nil
}

// others counts the paths that are not the list.
func (l taskList) others(paths []string) int {
	n := 0
	for _, name := range paths {
		if name != l.path {
			n++
		}
	}
	return n
}
