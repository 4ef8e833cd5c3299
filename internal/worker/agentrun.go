// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"os"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// probe looks at the agent's credentials before it is given work.
func (a agentStage) probe(ctx context.Context, env []string) error {
	credential, _ := a.space.sandbox.Credential()
	problem, err := agent.Probe(ctx, agent.ProbeSpec{
		Preset: a.tasks.settings.AgentPreset, Dir: os.TempDir(), Env: env, Credential: credential, Output: string(a.tasks.dir), Clock: a.tasks.clock,
	})
	if ended := a.space.sandbox.EndAll(); ended != nil {
		return failed(contract.OutcomeAgentFailed, ended)
	}
	if err != nil || problem == "" {
		return err
	}
	return credentialsInvalid(a.clean(problem))
}

// refused is the error of a run that did nothing because its credentials are none.
func (r *taskRun) refused(line string) error { return credentialsInvalid(r.clean(line)) }

func credentialsInvalid(why string) error {
	return failedf(contract.OutcomeAgentCredentialsInvalid, "the agent's credentials are missing or refused (%s): put a valid key into the secret that "+
		"spec.credentials.agentSecretARN of the WorkEnvironment names", why)
}

// spent records what a run cost, and notes where an agent that always says so did not.
func (r *taskRun) spent(outcome agent.Outcome, record *TaskRecord) {
	record.Credits += outcome.Credits
	record.AgentSeconds += outcome.Seconds
	record.AgentTokens += outcome.Tokens
	r.state.Result.Credits += outcome.Credits
	r.state.Result.AgentSeconds += outcome.Seconds
	r.state.Result.AgentTokens += outcome.Tokens
	if r.dialect.TellsUsage && !outcome.Ended && outcome.ExitCode == 0 {
		r.state.note("Task %s: the agent ended without its closing line, so what it cost is not known.", record.ID)
	}
}

// cost adds what a task cost to the result.
func (r *taskRun) cost(record TaskRecord) {
	const longest = 64
	costs := &r.state.Result.Costs
	if len(*costs) < contract.MaxCosts && record.Credits+record.AgentSeconds+float64(record.AgentTokens) > 0 {
		*costs = append(*costs, contract.TaskCost{
			Task: prbody.Cut(r.clean(record.ID), longest), Credits: record.Credits, Tokens: record.AgentTokens, Seconds: record.AgentSeconds,
		})
	}
}

// prompt is what the agent is asked for a task; empty is the worker's own words.
func (r *taskRun) prompt(task agent.Task) (string, error) {
	if r.settings.Prompt == "" {
		return "", nil
	}
	text, err := contract.FillPrompt(r.settings.Prompt, contract.PromptValues{
		SpecPath: r.specPath, TaskID: task.ID, TaskTitle: task.Title, Branch: r.repo.Branch(), Repository: r.repository,
		Instructions: agent.Prompt(r.specPath, task),
	})
	if err != nil {
		return "", failedf(contract.OutcomeAgentFailed, "the template of the agent's prompt (spec.agent.prompt of the WorkEnvironment): %w", err)
	}
	return text, nil
}

// renew gives the agent a fresh home, in which some places stay. Where none does there is no session that could be resumed: asked
// for one that is gone, an agent fails.
func (r *taskRun) renew(ctx context.Context, stay ...string) error {
	r.session = r.session && len(stay) > 0
	_, err := r.space.sandbox.Renew(ctx, stay...)
	return err
}

// resumes says whether the agent goes on with the session of the run before.
func (r *taskRun) resumes() bool { return r.session && len(r.sessions()) > 0 }

// sessions are the places in the agent's home that outlast a task.
func (r *taskRun) sessions() []string {
	if !r.settings.AgentResume {
		return nil
	}
	return r.dialect.Sessions
}
