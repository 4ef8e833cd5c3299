// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// implement gives each open task to the agent, in order. A task's work is committed and pushed before the next one
// begins, so a build that dies loses one task at most.
func implement(ctx context.Context, j *job) error {
	if err := j.setUp(ctx); err != nil {
		return err
	}
	tasks, err := j.readTasks()
	if err != nil {
		return err
	}
	j.countTasks(ctx, tasks)
	open := agent.OpenTasks(tasks)
	if len(open) == 0 {
		logOf(ctx).Info("Every task is done already; the agent is not run")
		j.state.note("Every task was done before this attempt; the agent was not run.")
		return nil
	}
	run, err := j.newAgentRun(ctx)
	if err != nil {
		return err
	}
	for _, task := range open {
		if err := run.task(ctx, task); err != nil {
			j.keepUnfinished(ctx)
			return err
		}
	}
	j.noteAdded(open)
	return nil
}

func (j *job) tasksFile() string { return path.Join(j.parameters.SpecPath, "tasks.md") }

func (j *job) readTasks() ([]agent.Task, error) {
	text, err := j.tree.ReadFile(j.tasksFile(), maxSpecFile)
	if err != nil {
		return nil, failedf(contract.OutcomeAgentFailed, "%s %s", j.tasksFile(), gitrepo.PlainError(err))
	}
	tasks, err := agent.ParseTasks(text)
	if err != nil {
		return nil, failed(contract.OutcomeAgentFailed, err)
	}
	return tasks, nil
}

// countTasks tells how far the work is.
func (j *job) countTasks(ctx context.Context, tasks []agent.Task) {
	j.state.Result.Tasks = agent.Count(tasks)
	j.save()
	if j.lease != nil {
		j.lease.ReportTasks(j.state.Result.Tasks)
		j.renewNow(ctx)
	}
}

// agentRun is what all tasks of a build have in common.
type agentRun struct {
	*job
	env   []string
	until time.Time
	// settled: all that is in the work tree is committed, and nothing ran in it since. It need not be looked through
	// again.
	settled bool
}

func (j *job) newAgentRun(ctx context.Context) (*agentRun, error) {
	secret, err := j.agentSecret(ctx)
	if err != nil {
		return nil, err
	}
	env, err := j.sandbox.Environment(secret)
	if err != nil {
		return nil, failed(contract.OutcomeAgentFailed, err)
	}
	now := j.clock.Now()
	r := &agentRun{job: j, env: env, until: now.Add(agentTime(now, j.build.StartedAt, j.parameters.BuildTimeout))}
	if j.options.LocalDir != "" {
		r.until = now.Add(maxAgentTime)
	}
	return r, nil
}

// agentSecret reads the agent's key. From then on it is known to redaction.
func (j *job) agentSecret(ctx context.Context) (string, error) {
	if j.parameters.AgentSecretARN == "" || j.ports.Secrets == nil {
		return "", nil
	}
	var secret string
	err := j.retry(ctx, contract.RetryService, "reading the agent's secret", func(ctx context.Context) error {
		var err error
		secret, err = j.ports.Secrets.Read(ctx, j.parameters.AgentSecretARN)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading the agent's secret: %w", err)
	}
	j.redactor.Add(secret)
	return secret, nil
}

// task has one task done, however many tries that takes.
func (r *agentRun) task(ctx context.Context, task agent.Task) error {
	log := logOf(ctx).WithValues(keyTask, task.ID)
	log.Info("Task begun")
	record := TaskRecord{ID: task.ID, Title: r.clean(task.Title)}
	list, err := r.tree.ReadFile(r.tasksFile(), maxSpecFile)
	if err != nil {
		return failedf(contract.OutcomeAgentFailed, "%s %s", r.tasksFile(), gitrepo.PlainError(err))
	}
	policy := r.parameters.Settings.RetryAgentTask.Or(contract.RetryAgentTask)
	began := r.clock.Now()
	var v verdict
	for n := 1; n <= policy.Tries && !v.Done; n++ {
		if n > 1 {
			if err := r.sleep(ctx, policy.Backoff(n-1, r.random())); err != nil {
				return err
			}
		}
		record.Tries = n
		if v, err = r.try(ctx, task, list, &record); err != nil {
			return err
		}
		log.Info("Agent ended", keyTry, n, keyExitCode, record.ExitCode, keyReason, v.Reason)
	}
	record.Seconds, record.Done, record.Reason = r.clock.Since(began).Seconds(), v.Done, r.clean(v.Reason)
	if v.Done {
		record.Commit = r.state.Result.Commit
	}
	r.state.Tasks = append(r.state.Tasks, record)
	r.save()
	if !v.Done {
		return failedf(contract.OutcomeAgentFailed, "task %s (%s) is not done: %s", task.ID, task.Title, v.Reason)
	}
	log.Info("Task done", keyTasks, r.state.Result.Tasks)
	return nil
}

// try runs the agent once, judges what it did, and keeps it if the task is done. The list is tasks.md as it was before
// the task.
func (r *agentRun) try(ctx context.Context, task agent.Task, list []byte, record *TaskRecord) (verdict, error) {
	left := r.until.Sub(r.clock.Now())
	if left <= 0 {
		return verdict{}, r.outOfTime(task)
	}
	before, err := r.baseline(ctx, list)
	if err != nil {
		return verdict{}, err
	}
	if err := r.hand(ctx); err != nil {
		return verdict{}, err
	}
	credential, _ := r.sandbox.Credential()
	s := r.parameters.Settings
	limit, short := time.Duration(s.TaskTimeout), false
	if limit <= 0 || left < limit {
		limit, short = left, true
	}
	r.settled = false
	outcome, err := agent.Run(ctx, agent.Spec{
		Preset: s.AgentPreset, Command: s.AgentCommand, Task: task, SpecPath: r.parameters.SpecPath,
		Dir: r.tree.Dir(), Env: r.env, Credential: credential, Output: r.path(agentLog), Errors: r.path(agentErrors),
		Timeout: limit, Silence: time.Duration(s.SilenceTimeout), Clock: r.clock,
	})
	r.sandbox.EndAll()
	switch {
	case fault.IsTerminal(err):
		return verdict{}, failed(contract.OutcomeAgentFailed, err)
	case err != nil:
		return verdict{}, err
	case ctx.Err() != nil:
		return verdict{}, context.Cause(ctx)
	case outcome.End == "timed out" && short:
		return verdict{}, r.outOfTime(task)
	}
	record.ExitCode = outcome.ExitCode
	run := finishedRun{task: task, list: list, before: before, outcome: outcome}
	v, err := r.keep(ctx, run, record)
	return v, agentsFault(err)
}

func (r *agentRun) outOfTime(task agent.Task) error {
	done := r.state.Result.Tasks
	return failedf(contract.OutcomeTimedOut, "the agent's time was over at task %s, with %d of %d tasks done; the next attempt goes on from there. "+
		"Raise spec.timeout of the work item, or split the spec", task.ID, done.Done, done.Total)
}

// commitMessage names the task, and in trailers what the commit belongs to.
func (r *agentRun) commitMessage(task agent.Task) string {
	title, id := prbody.PlainSubject(r.clean(task.Title)), prbody.PlainTaskID(task.ID)
	if title == "" {
		title = "no title"
	}
	return fmt.Sprintf("Task %s: %s\n\nImplements task %s of %s.\n\nKiro-Task: %s\n%s",
		id, title, id, r.parameters.SpecPath, id, r.trailers())
}

// errNoSetup says that nothing is to be set up.
var errNoSetup = errors.New("nothing to set up")
