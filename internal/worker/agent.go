// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// agentStage gives each open task to the agent, in order. A task's work is committed and pushed before the next one
// begins, so a build that dies loses one task at most.
type agentStage struct {
	setup    setup
	space    workspace
	list     taskList
	key      agentKey
	tasks    taskRunner
	progress *progress
	budget   budget
	// before is how the attempt before this one ended, for the agent; empty if that is not known.
	before   string
	previous *contract.Previous
	followUp followUp
	clean    cleaner
}

func (a agentStage) run(ctx context.Context, s *State) error {
	if round := s.openRound(); round != nil {
		return a.repair(ctx, s, round)
	}
	if err := a.takeBackUnmeasured(ctx, s); err != nil {
		return err
	}
	if err := a.setup.run(ctx, s, a.space); err != nil {
		return err
	}
	tasks, err := a.list.parse()
	if err != nil {
		return err
	}
	a.progress.tasks(ctx, s, agent.Count(tasks))
	open := agent.OpenTasks(tasks)
	if len(open) == 0 {
		return a.followUps(ctx, s)
	}
	run, err := a.begin(ctx, s)
	if err != nil {
		return err
	}
	run.end, run.advice = a.budget.agentEnd(s.spent())
	a.open(s)
	for _, task := range open {
		err := run.do(ctx, task)
		a.open(s)
		if err != nil {
			a.keepUnfinished(ctx, s)
			return err
		}
	}
	a.noteAdded(s, open)
	return nil
}

// begin makes ready what all runs of the agent have in common, and looks whether it can work at all.
func (a agentStage) begin(ctx context.Context, s *State) (*taskRun, error) {
	dialect, err := preset.Of(a.tasks.settings.AgentPreset)
	if err != nil {
		return nil, failed(contract.OutcomeAgentFailed, err)
	}
	env, err := a.environment(ctx, dialect.Traits())
	if err != nil {
		return nil, err
	}
	if err := a.probe(ctx, env); err != nil {
		return nil, err
	}
	return &taskRun{taskRunner: a.tasks, state: s, env: env, dialect: dialect.Traits(), before: a.before}, nil
}

// environment is the agent's, with its credentials in it.
func (a agentStage) environment(ctx context.Context, t preset.Traits) ([]string, error) {
	secret, err := a.key.read(ctx)
	if err != nil {
		return nil, err
	}
	credentials, err := preset.Variables(t, secret)
	if err != nil {
		return nil, failed(contract.OutcomeAgentFailed, err)
	}
	return a.space.sandbox.Environment(credentials...)
}

// open records which tasks are not done yet.
func (a agentStage) open(s *State) {
	tasks, err := a.list.parse()
	if err != nil {
		return // the stage says so
	}
	s.Result.OpenTasks, s.OpenTasks = nil, nil
	for _, task := range agent.OpenTasks(tasks) {
		if len(s.OpenTasks) == contract.MaxCosts {
			break
		}
		s.Result.OpenTasks = append(s.Result.OpenTasks, prbody.Cut(a.clean(task.ID), maxTaskID))
		s.OpenTasks = append(s.OpenTasks, strings.TrimSpace(task.ID+" "+a.clean(task.Title)))
	}
}

// maxTaskID is the longest number of a task in a result, in bytes.
const maxTaskID = 64

// noteAdded notes which tasks the agent added: nobody approved them, so nobody worked on them.
func (a agentStage) noteAdded(s *State, worked []agent.Task) {
	tasks, err := a.list.parse()
	if err != nil {
		return
	}
	var names []string
	for _, task := range agent.OpenTasks(tasks) {
		if _, ok := agent.Find(worked, task.ID); !ok {
			names = append(names, strings.TrimSpace(task.ID+" "+a.clean(task.Title)))
		}
	}
	if len(names) > 0 {
		s.note("The agent added tasks, which were not worked on: %s. Move the card away and back to have them done.", firstFew(names))
	}
}

// keepUnfinished remembers what a failed task left in the checkout, for people to look at.
func (a agentStage) keepUnfinished(ctx context.Context, s *State) {
	if ctx.Err() != nil {
		return
	}
	tree, changed, err := a.space.tree.StageAnyway(ctx)
	if err == nil && len(changed) > 0 {
		s.Unfinished = tree
	}
}

// agentKey is the agent's secret.
type agentKey struct {
	secrets  secrets.Reader // nil in a local run
	arn      string         // empty if there is none
	retry    retrier
	redactor *redact.Redactor
}

// read reads it; empty if there is none. From then on it is known to redaction.
func (k agentKey) read(ctx context.Context) (string, error) {
	if k.arn == "" || k.secrets == nil {
		return "", nil
	}
	var secret string
	err := k.retry.do(ctx, "reading the agent's secret", func(ctx context.Context) error {
		var err error
		secret, err = k.secrets.Read(ctx, k.arn)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading the agent's secret: %w", err)
	}
	k.redactor.Add(secret)
	return secret, nil
}
