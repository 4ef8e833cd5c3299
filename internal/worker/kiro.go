// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// agentsDir is where Kiro keeps the configuration of its agents, and maxAgentFile the largest that is put back.
const (
	agentsDir    = ".kiro/agents"
	backupSuffix = ".json.bak"
	maxAgentFile = 1 << 20
	maxBackups   = 100
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

// spent records what a run cost, and notes where Kiro does not say so.
func (r *taskRun) spent(outcome agent.Outcome, record *TaskRecord) {
	record.Credits += outcome.Credits
	record.AgentSeconds += outcome.Seconds
	r.state.Result.Credits += outcome.Credits
	r.state.Result.AgentSeconds += outcome.Seconds
	if agent.UsesKiro(r.settings.AgentPreset) && !outcome.Closed && outcome.ExitCode == 0 {
		r.state.note("Task %s: the agent ended without its closing line, so what it cost is not known.", record.ID)
	}
}

// cost adds what a task cost to the result.
func (r *taskRun) cost(record TaskRecord) {
	const longest = 64
	costs := &r.state.Result.Costs
	if len(*costs) < contract.MaxCosts && record.Credits+record.AgentSeconds > 0 {
		*costs = append(*costs, contract.TaskCost{Task: prbody.Cut(r.clean(record.ID), longest), Credits: record.Credits, Seconds: record.AgentSeconds})
	}
}

// agentBackups are the copies that are beside the agents' configuration.
func agentBackups(tree *gitrepo.WorkTree) map[string]bool {
	found := map[string]bool{}
	root, err := os.OpenRoot(tree.Dir())
	if err != nil {
		return found
	}
	defer func() { _ = root.Close() }()
	entries, err := fs.ReadDir(root.FS(), agentsDir)
	if err != nil {
		return found
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), backupSuffix) && e.Type().IsRegular() && len(found) < maxBackups {
			found[path.Join(agentsDir, e.Name())] = true
		}
	}
	return found
}

// restoreAgents takes back what the third generation of Kiro's harness does to the configuration of a repository's agents:
// it rewrites it in place for itself, and leaves a copy. Neither is a task's work.
func restoreAgents(tree *gitrepo.WorkTree, before map[string]bool) error {
	for name := range agentBackups(tree) {
		if before[name] {
			continue
		}
		text, err := tree.ReadFile(name, maxAgentFile)
		if err == nil {
			err = tree.WriteFile(strings.TrimSuffix(name, ".bak"), text)
		}
		if err == nil {
			err = tree.RemoveFile(name)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failedf(contract.OutcomeAgentFailed, "%s, which the agent left, cannot be put back: %s", name, gitrepo.PlainError(err))
		}
	}
	return nil
}
