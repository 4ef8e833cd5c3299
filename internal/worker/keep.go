// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// baseline is the tree that a try begins with, and that it is measured against. Without it what an earlier try left,
// or the setup command, would count as this try's work. A try goes on from the files of the one before, but not from
// its tasks.md: a box that a denied run ticked must not stand for the next one's success.
func (r *agentRun) baseline(ctx context.Context, list []byte) (string, error) {
	if text, err := r.tree.ReadFile(r.tasksFile(), maxSpecFile); err != nil || !bytes.Equal(text, list) {
		if err := r.tree.WriteFile(r.tasksFile(), list); err != nil {
			return "", failedf(contract.OutcomeAgentFailed, "%s cannot be put back after a try that spoiled it: %s", r.tasksFile(), gitrepo.PlainError(err))
		}
	}
	if r.settled {
		return r.repo.HeadTree(ctx)
	}
	tree, _, err := r.stageWork(ctx)
	return tree, agentsFault(err)
}

// finishedRun is a run of the agent that is to be judged.
type finishedRun struct {
	task    agent.Task
	list    []byte // tasks.md before the task
	before  string // the tree before the run
	outcome agent.Outcome
}

// keep judges a run and commits its work if the task is done.
func (r *agentRun) keep(ctx context.Context, run finishedRun, record *TaskRecord) (verdict, error) {
	seen, err := r.look(ctx, run, record)
	if err != nil {
		return verdict{}, err
	}
	v := judge(seen)
	if !v.Done {
		return v, nil
	}
	if v.Tick {
		if err := r.tick(run.task); err != nil {
			return verdict{}, err
		}
	}
	if _, err := r.commitWork(ctx, r.commitMessage(run.task)); err != nil {
		return verdict{}, err
	}
	r.settled = true
	tasks, err := r.readTasks()
	if err != nil {
		return verdict{}, err
	}
	r.countTasks(ctx, tasks)
	return v, nil
}

// look measures what a run did.
func (r *agentRun) look(ctx context.Context, run finishedRun, record *TaskRecord) (sighting, error) {
	seen := sighting{Suspicious: run.outcome.Suspicious(), TicksItself: r.parameters.Settings.AgentPreset != agent.PresetCommand}
	found, trouble, err := r.confine(run)
	if err != nil {
		return seen, err
	}
	seen.List, seen.Ticked = trouble, found.State == agent.Done
	seen.Split = !found.Leaf && trouble == ""
	tree, all, err := r.stageWork(ctx)
	if err != nil {
		return seen, err
	}
	own, err := r.repo.ChangedPaths(ctx, run.before, tree)
	if err != nil {
		return seen, err
	}
	seen.Changed, record.Files = r.countFiles(own), r.countFiles(all)
	scan, err := r.scanChange(ctx, tree)
	if err != nil {
		return seen, err
	}
	seen.Conflicts = scan.Conflicts
	return seen, nil
}

// countFiles counts paths, beside tasks.md.
func (r *agentRun) countFiles(paths []string) int {
	n := 0
	for _, name := range paths {
		if name != r.tasksFile() {
			n++
		}
	}
	return n
}

// confine puts back what the run changed at other tasks' boxes, and finds its own. Trouble says that the list is none
// any more, or another.
func (r *agentRun) confine(run finishedRun) (found agent.Task, trouble string, err error) {
	text, err := r.tree.ReadFile(r.tasksFile(), maxSpecFile)
	if err != nil {
		return found, fmt.Sprintf("the task vanished: tasks.md %s", gitrepo.PlainError(err)), nil
	}
	kept, restored, err := agent.Confine(run.list, text, run.task.ID)
	if err != nil {
		return found, err.Error(), nil //nolint:nilerr // the trouble is the agent's, and judged like any other
	}
	if len(restored) > 0 {
		if err := r.tree.WriteFile(r.tasksFile(), kept); err != nil {
			return found, "", failedf(contract.OutcomeAgentFailed, "the boxes of other tasks in %s cannot be put back: %s", r.tasksFile(), gitrepo.PlainError(err))
		}
		r.state.note("Task %s: the agent also changed the boxes of %s; they were put back, as nobody saw that work.", run.task.ID, firstFew(restored))
	}
	tasks, err := agent.ParseTasks(kept)
	if err != nil {
		return found, err.Error(), nil //nolint:nilerr // as above
	}
	found, _ = agent.Find(tasks, run.task.ID)
	return found, "", nil
}

func (r *agentRun) tick(task agent.Task) error {
	text, err := r.tree.ReadFile(r.tasksFile(), maxSpecFile)
	if err == nil {
		text, err = agent.MarkDone(text, task.ID)
	}
	if err == nil {
		err = r.tree.WriteFile(r.tasksFile(), text)
	}
	if err != nil {
		return failed(contract.OutcomeAgentFailed, fmt.Errorf("ticking task %s: %w", task.ID, err))
	}
	return nil
}

// noteAdded says which tasks the agent added: nobody approved them, so nobody worked on them.
func (j *job) noteAdded(worked []agent.Task) {
	tasks, err := j.readTasks()
	if err != nil {
		return
	}
	var names []string
	for _, task := range agent.OpenTasks(tasks) {
		if _, ok := agent.Find(worked, task.ID); !ok {
			names = append(names, strings.TrimSpace(task.ID+" "+j.clean(task.Title)))
		}
	}
	if len(names) > 0 {
		j.state.note("The agent added tasks, which were not worked on: %s. Move the card away and back to have them done.", firstFew(names))
	}
}

// keepUnfinished remembers what a failed task left in the work tree, for people to look at.
func (j *job) keepUnfinished(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	tree, changed, err := j.tree.StageAnyway(ctx)
	if err == nil && len(changed) > 0 {
		j.state.Unfinished = tree
	}
}

// agentsFault makes a work failure of what went wrong because of what the agent left.
func agentsFault(err error) error {
	switch {
	case errors.Is(err, gitrepo.ErrNotStaged):
		return failedf(contract.OutcomeAgentFailed, "%w: what is in the checkout must be regular files that can be read, in directories that are no repositories of their own", err)
	case errors.Is(err, gitrepo.ErrContentRefused):
		return failed(contract.OutcomeAgentFailed, err)
	}
	return err
}

// stageWork takes what agent and setup left into the index. Repositories of their own among it lose their history.
func (j *job) stageWork(ctx context.Context) (tree string, changed []string, err error) {
	if j.options.LocalDir == "" {
		names, err := j.tree.OpenNested(ctx)
		if err != nil {
			return "", nil, err
		}
		for _, name := range names {
			j.state.note("%s was made a repository of its own; its files were taken in, its history was not.", j.clean(name))
		}
	}
	return j.tree.Stage(ctx)
}
