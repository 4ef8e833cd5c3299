// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"cmp"
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
	// before is how the attempt before this one ended, for the agent; empty if that is not known.
	before string
	// timedOut: the last run was ended because its time was over.
	timedOut bool
	// session: an agent ran to its end, so there is a session that can be resumed.
	session bool
	// settled: all that is in the checkout is committed, and nothing ran in it since. It need not be looked through again.
	settled bool
}

// do has one task done. What an agent whose time was over had done of it is kept where the environment says so.
func (r *taskRun) do(ctx context.Context, task agent.Task) (err error) {
	ctx, end := tracing.Start(ctx, "task "+prbody.PlainTaskID(task.ID), nil)
	defer func() { end(err) }()
	list, err := r.list.read()
	if err != nil {
		return err
	}
	err = r.tries(ctx, task, list)
	if err != nil && r.timedOut && r.settings.KeepUnfinished && ctx.Err() == nil {
		return r.keepUnfinished(ctx, task, list, err)
	}
	return err
}

// tries has one task done, however many tries that takes. The list is tasks.md as it was before the task.
func (r *taskRun) tries(ctx context.Context, task agent.Task, list []byte) error {
	log := logOf(ctx).WithValues(keyTask, task.ID)
	log.Info("Task begun")
	record := TaskRecord{ID: task.ID, Title: r.clean(task.Title)}
	// What one task left there is no setting of the next one's agent.
	if err := r.renew(ctx, r.sessions()...); err != nil {
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
		var err error
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
	base, err := r.baseline(ctx, list)
	if err != nil {
		return taskResult{}, err
	}
	prompt, err := r.prompt(task)
	if err != nil {
		return taskResult{}, err
	}
	prompt = cmp.Or(prompt, agent.Prompt(r.specPath, task)) + agent.EndOfBefore(r.before)
	outcome, err := r.work(ctx, task, prompt, record)
	switch {
	case errors.Is(err, errAgentTime):
		return taskResult{}, r.outOfTime(task)
	case err != nil:
		return taskResult{}, err
	}
	result, err := r.keep(ctx, finishedRun{task: task, list: list, before: base, outcome: outcome}, record)
	return result, agentsFault(err)
}

// errAgentTime says that the agent's time is over.
var errAgentTime = errors.New("the agent's time is over")

// work runs the agent once, ends what it left running, and records what it cost.
func (r *taskRun) work(ctx context.Context, task agent.Task, prompt string, record *TaskRecord) (agent.Outcome, error) {
	left := r.end.Sub(r.clock.Now())
	if left <= 0 {
		return agent.Outcome{}, errAgentTime
	}
	r.timedOut = false
	if err := r.space.handOver(ctx); err != nil {
		return agent.Outcome{}, err
	}
	credential, _ := r.space.sandbox.Credential()
	limit, short := time.Duration(r.settings.TaskTimeout), false
	if limit <= 0 || left < limit {
		limit, short = left, true
	}
	r.settled = false
	before := lookBefore(r.space.tree, r.dialect.Litter)
	var outcome agent.Outcome
	_, err := r.dir.logged(agentLog, func(output string) (process.Result, error) {
		var err error
		outcome, err = agent.Run(ctx, agent.Spec{
			Preset: r.settings.AgentPreset, Harness: r.settings.AgentHarness, Command: r.settings.AgentCommand, Home: r.space.sandbox.Home(),
			Task: task, SpecPath: r.specPath, Prompt: prompt, Resume: r.resumes(),
			Dir: r.space.tree.Dir(), Env: r.env, Credential: credential, Output: output, Errors: r.dir.path(agentErrors),
			Timeout: limit, Grace: graceOf(limit), Silence: time.Duration(r.settings.SilenceTimeout), Clock: r.clock,
		})
		return outcome.Result, err
	})
	if ended := r.space.sandbox.EndAll(); ended != nil {
		return outcome, failed(contract.OutcomeAgentFailed, ended)
	}
	switch {
	case fault.IsTerminal(err):
		return outcome, failed(contract.OutcomeAgentFailed, err)
	case err != nil:
		return outcome, err
	case ctx.Err() != nil:
		return outcome, context.Cause(ctx)
	}
	if r.timedOut = outcome.End == process.EndTimedOut; r.timedOut && short {
		return outcome, errAgentTime
	}
	record.ExitCode = outcome.ExitCode
	r.session = r.session || outcome.End == process.EndExited && !outcome.Idle
	r.spent(outcome, record)
	return outcome, before.clear(r.space.tree)
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
	found, err := r.list.confine(run.list, run.task.ID)
	if err != nil {
		return observation{}, err
	}
	if len(found.restored) > 0 {
		r.state.note("Task %s: the agent also changed the boxes of %s; they were put back, as nobody saw that work.", run.task.ID, firstFew(found.restored))
	}
	seen, err := r.look(ctx, run, record)
	seen.TicksItself = r.dialect.TicksBoxes
	seen.List, seen.Ticked = found.problem, found.task.State == agent.Done
	seen.Split = !found.task.Leaf && found.problem == ""
	return seen, err
}

// graceOf is how long before its time is over an agent is told: time enough to write a file to its end.
func graceOf(limit time.Duration) time.Duration { return min(maxGrace, limit/10) }

const maxGrace = 30 * time.Second

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
