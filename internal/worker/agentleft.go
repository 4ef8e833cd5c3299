// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// agentsDir is where Kiro keeps the configuration of its agents, and maxAgentFile the largest that is put back.
const (
	agentsDir    = ".kiro/agents"
	backupSuffix = ".json.bak"
	maxAgentFile = 1 << 20
	maxBackups   = 100
)

// leftBefore is what was in the checkout before a run of the agent that looks like what an agent leaves for itself.
type leftBefore struct {
	backups map[string]bool
	// litter are names at the top that match the patterns.
	litter   map[string]bool
	patterns []string
}

// lookBefore looks at what is there before a run of an agent that leaves such names.
func lookBefore(tree *gitrepo.WorkTree, patterns []string) leftBefore {
	return leftBefore{backups: agentBackups(tree), litter: topNames(tree, patterns), patterns: patterns}
}

// clear takes back what an agent left in the checkout for itself: none of it is a task's work.
func (b leftBefore) clear(tree *gitrepo.WorkTree) error {
	if err := restoreAgents(tree, b.backups); err != nil {
		return err
	}
	if len(b.patterns) == 0 {
		return nil
	}
	root, err := os.OpenRoot(tree.Dir())
	if err != nil {
		return failed(contract.OutcomeAgentFailed, err)
	}
	defer func() { _ = root.Close() }()
	for name := range topNames(tree, b.patterns) {
		if b.litter[name] {
			continue
		}
		if err := root.RemoveAll(name); err != nil {
			return failedf(contract.OutcomeAgentFailed, "%s, which the agent left, cannot be removed: %s", name, gitrepo.PlainError(err))
		}
	}
	return nil
}

// topNames are the names at the top of the checkout that match one of some patterns.
func topNames(tree *gitrepo.WorkTree, patterns []string) map[string]bool {
	found := map[string]bool{}
	if len(patterns) == 0 {
		return found
	}
	entries, err := os.ReadDir(tree.Dir())
	if err != nil {
		return found
	}
	for _, e := range entries {
		for _, pattern := range patterns {
			if ok, err := path.Match(pattern, e.Name()); ok && err == nil {
				found[e.Name()] = true
			}
		}
	}
	return found
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
