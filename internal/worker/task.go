// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// taskRunner has the agent do one task after the other.
type taskRunner struct {
	space    workspace
	repo     *gitrepo.Repository
	list     taskList
	publish  publisher
	progress *progress
	retry    retrier // between tries at a task
	settings contract.Settings
	specPath string
	// repository is "owner/name".
	repository string
	trailers   string
	dir        buildDir
	clock      clock.WithTicker
	clean      cleaner
}

// taskRun is what all tasks of a build have in common.
type taskRun struct {
	taskRunner
	state *State
	env   []string // the agent's, as NAME=value
	// dialect is what is so in every run of the agent.
	dialect preset.Traits
	end     time.Time // of the agent's time
	// advice is what would make that longer.
	advice string
	// session: an agent ran to its end, so there is a session that can be resumed.
	session bool
	// settled: all that is in the checkout is committed, and nothing ran in it since. It need not be looked through again.
	settled bool
}

// do has one task done, however many tries that takes.
func (r *taskRun) do(ctx context.Context, task agent.Task) (err error) {
	ctx, end := tracing.Start(ctx, "task "+prbody.PlainTaskID(task.ID), nil)
	defer func() { end(err) }()
	log := logOf(ctx).WithValues(keyTask, task.ID)
	log.Info("Task begun")
	record := TaskRecord{ID: task.ID, Title: r.clean(task.Title)}
	list, err := r.list.read()
	if err != nil {
		return err
	}
	// What one task left there is no setting of the next one's agent.
	if _, err := r.space.sandbox.Renew(ctx, r.sessions()...); err != nil {
		return err
	}
	began := r.clock.Now()
	var result taskResult
	for n := 1; n <= r.retry.policy.Tries && !result.Done; n++ {
		if n > 1 {
			if err := r.retry.sleep(ctx, r.retry.wait(n-1)); err != nil {
				return err
			}
		}
		record.Tries = n
		if result, err = r.try(ctx, task, list, &record); err != nil {
			return err
		}
		log.Info("Agent ended", keyTry, n, keyExitCode, record.ExitCode, keyReason, result.Reason)
	}
	record.Seconds, record.Done, record.Reason = r.clock.Since(began).Seconds(), result.Done, r.clean(result.Reason)
	if result.Done {
		record.Commit = r.state.Result.Commit
	}
	r.state.Tasks = append(r.state.Tasks, record)
	r.cost(record)
	r.state.save()
	if !result.Done {
		return failedf(contract.OutcomeAgentFailed, "task %s (%s) is not done: %s", task.ID, task.Title, result.Reason)
	}
	log.Info("Task done", keyTasks, r.state.Result.Tasks)
	return nil
}

// try runs the agent once, classifies what it did, and keeps it if the task is done. The list is tasks.md as it was
// before the task.
func (r *taskRun) try(ctx context.Context, task agent.Task, list []byte, record *TaskRecord) (taskResult, error) {
	left := r.end.Sub(r.clock.Now())
	if left <= 0 {
		return taskResult{}, r.outOfTime(task)
	}
	base, err := r.baseline(ctx, list)
	if err != nil {
		return taskResult{}, err
	}
	if err := r.space.handOver(ctx); err != nil {
		return taskResult{}, err
	}
	credential, _ := r.space.sandbox.Credential()
	limit, short := time.Duration(r.settings.TaskTimeout), false
	if limit <= 0 || left < limit {
		limit, short = left, true
	}
	r.settled = false
	prompt, err := r.prompt(task)
	if err != nil {
		return taskResult{}, err
	}
	before := lookBefore(r.space.tree, r.dialect.Litter)
	var outcome agent.Outcome
	_, err = r.dir.logged(agentLog, func(output string) (process.Result, error) {
		var err error
		outcome, err = agent.Run(ctx, agent.Spec{
			Preset: r.settings.AgentPreset, Harness: r.settings.AgentHarness, Command: r.settings.AgentCommand, Home: r.space.sandbox.Home(),
			Task: task, SpecPath: r.specPath, Prompt: prompt, Resume: r.resumes(),
			Dir: r.space.tree.Dir(), Env: r.env, Credential: credential, Output: output, Errors: r.dir.path(agentErrors),
			Timeout: limit, Silence: time.Duration(r.settings.SilenceTimeout), Clock: r.clock,
		})
		return outcome.Result, err
	})
	if ended := r.space.sandbox.EndAll(); ended != nil {
		return taskResult{}, failed(contract.OutcomeAgentFailed, ended)
	}
	switch {
	case fault.IsTerminal(err):
		return taskResult{}, failed(contract.OutcomeAgentFailed, err)
	case err != nil:
		return taskResult{}, err
	case ctx.Err() != nil:
		return taskResult{}, context.Cause(ctx)
	case outcome.End == process.EndTimedOut && short:
		return taskResult{}, r.outOfTime(task)
	}
	record.ExitCode = outcome.ExitCode
	r.session = r.session || outcome.End == process.EndExited && !outcome.Idle
	r.spent(outcome, record)
	if err := before.clear(r.space.tree); err != nil {
		return taskResult{}, err
	}
	result, err := r.keep(ctx, finishedRun{task: task, list: list, before: base, outcome: outcome}, record)
	return result, agentsFault(err)
}

func (r *taskRun) outOfTime(task agent.Task) error {
	done := r.state.Result.Tasks
	return failedf(contract.OutcomeTimedOut, "the agent's time was over at task %s, with %d of %d tasks done; the next attempt goes on from there. "+
		"To have more done in one attempt, %s, or split the spec", task.ID, done.Done, done.Total, r.advice)
}

// baseline is the tree that a try begins with, and that it is measured against. Without it what an earlier try left,
// or the setup command, would count as this try's work. A try goes on from the files of the one before, but not from
// its tasks.md: a box that a denied run ticked must not count as the next one's success.
func (r *taskRun) baseline(ctx context.Context, list []byte) (string, error) {
	if err := r.list.restore(list); err != nil {
		return "", err
	}
	if r.settled {
		return r.repo.HeadTree(ctx)
	}
	tree, _, err := r.stage(ctx)
	return tree, agentsFault(err)
}

// stage adds what agent and setup left to the index. Repositories of their own among it lose their history.
func (r *taskRun) stage(ctx context.Context) (tree string, changed []string, err error) {
	if !r.space.local {
		names, err := r.space.tree.OpenNested(ctx)
		if err != nil {
			return "", nil, err
		}
		for _, name := range names {
			r.state.note("%s was made a repository of its own; its files were added, its history was not.", r.clean(name))
		}
	}
	return r.space.tree.Stage(ctx)
}

// finishedRun is a run of the agent that is to be classified.
type finishedRun struct {
	task    agent.Task
	list    []byte // tasks.md before the task
	before  string // the tree before the run
	outcome agent.Outcome
}

// keep classifies a run and commits its work if the task is done.
func (r *taskRun) keep(ctx context.Context, run finishedRun, record *TaskRecord) (taskResult, error) {
	seen, err := r.observe(ctx, run, record)
	if err != nil {
		return taskResult{}, err
	}
	if len(seen.Protected) > 0 {
		return taskResult{}, failedf(contract.OutcomeProtectedPathChanged, "task %s changed %s, which is protected (by gates.protectedPaths, by the "+
			"repository's .kiro/worker.yaml, or because it is that file); nothing of that task was pushed: make the change yourself, or take the path out of the list", run.task.ID, firstFew(seen.Protected))
	}
	result := classify(seen)
	if !result.Done {
		return result, nil
	}
	if result.Tick {
		if err := r.list.tick(run.task); err != nil {
			return taskResult{}, err
		}
	}
	if _, err := r.publish.commit(ctx, r.state, r.commitMessage(run.task)); err != nil {
		return taskResult{}, err
	}
	r.settled = true
	tasks, err := r.list.parse()
	if err != nil {
		return taskResult{}, err
	}
	r.progress.tasks(ctx, r.state, agent.Count(tasks))
	return result, nil
}

// observe measures what a run did.
func (r *taskRun) observe(ctx context.Context, run finishedRun, record *TaskRecord) (observation, error) {
	seen := observation{Suspicious: run.outcome.Suspicious(), TicksItself: r.dialect.TicksBoxes}
	found, err := r.list.confine(run.list, run.task.ID)
	if err != nil {
		return seen, err
	}
	if len(found.restored) > 0 {
		r.state.note("Task %s: the agent also changed the boxes of %s; they were put back, as nobody saw that work.", run.task.ID, firstFew(found.restored))
	}
	seen.List, seen.Ticked = found.problem, found.task.State == agent.Done
	seen.Split = !found.task.Leaf && found.problem == ""
	tree, all, err := r.stage(ctx)
	if err != nil {
		return seen, err
	}
	own, err := r.repo.ChangedPaths(ctx, run.before, tree)
	if err != nil {
		return seen, err
	}
	seen.Protected = protected(r.settings.ProtectedPaths, all)
	if raw, err := r.space.tree.RawLFS(ctx, tree, all); err != nil {
		return seen, err
	} else if len(raw) > 0 {
		return seen, failedf(contract.OutcomeAgentFailed, "task %s changed %s, which Git LFS keeps by .gitattributes, and the worker has no Git LFS: nothing of that task was pushed, as "+
			"it would be in the repository itself for ever. Make that change yourself, or ask for it in other files", run.task.ID, firstFew(raw))
	}
	seen.Changed, record.Files = r.list.others(own), r.list.others(all)
	if seen.Nothing = run.outcome.Idle && len(own) == 0; seen.Nothing && run.outcome.Refused != "" {
		return seen, r.refused(run.outcome.Refused)
	}
	findings, err := r.publish.scan(ctx, tree)
	if err != nil {
		return seen, err
	}
	seen.Conflicts = findings.Conflicts
	return seen, nil
}

// commitMessage names the task, and in trailers what the commit belongs to.
func (r *taskRun) commitMessage(task agent.Task) string {
	title, id := prbody.PlainSubject(r.clean(task.Title)), prbody.PlainTaskID(task.ID)
	if title == "" {
		title = "no title"
	}
	return fmt.Sprintf("Task %s: %s\n\nImplements task %s of %s.\n\nKiro-Task: %s\n%s", id, title, id, prbody.PlainSubject(r.clean(r.specPath)), id, r.trailers)
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
