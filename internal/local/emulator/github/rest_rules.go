// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"net/http"
	"path"
	"strconv"
)

// Ruleset binds the branches that a pattern matches, as one of a repository does. It is told of and not enforced: what
// GitHub answers to a push that breaks a rule is injected where it matters.
type Ruleset struct {
	// Branches is a pattern, as of path.Match.
	Branches string
	// Rules by their type, each with its parameters; nil for none.
	Rules map[string]map[string]any
	// Bypass is what current_user_can_bypass says; empty is never.
	Bypass string
}

// AddRuleset adds a ruleset to a repository.
func (s *Server) AddRuleset(repository string, set Ruleset) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.repository(repository)
	if err != nil {
		return err
	}
	repo.rulesets = append(repo.rulesets, set)
	return nil
}

// getBranchRules is https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch.
func (c *restCall) getBranchRules() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	rules := []map[string]any{}
	for n, set := range repo.rulesets {
		if ok, err := path.Match(set.Branches, c.params["branch"]); err != nil || !ok {
			continue
		}
		for kind, parameters := range set.Rules {
			rule := map[string]any{"type": kind, "ruleset_source_type": "Repository", "ruleset_source": repo.fullName(), "ruleset_id": n + 1}
			if parameters != nil {
				rule["parameters"] = parameters
			}
			rules = append(rules, rule)
		}
	}
	return http.StatusOK, rules, nil
}

// getRuleset is https://docs.github.com/en/rest/repos/rules#get-a-repository-ruleset.
func (c *restCall) getRuleset() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	id, err := strconv.Atoi(c.params["id"])
	if err != nil || id < 1 || id > len(repo.rulesets) {
		return 0, nil, errNotFound()
	}
	bypass := repo.rulesets[id-1].Bypass
	if bypass == "" {
		bypass = "never"
	}
	return http.StatusOK, map[string]any{
		"id": id, "name": "rules " + strconv.Itoa(id), "target": "branch", "source_type": "Repository", "source": repo.fullName(),
		"enforcement": "active", "current_user_can_bypass": bypass, "rules": []any{},
	}, nil
}
