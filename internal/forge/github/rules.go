// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"fmt"
	"net/url"

	gogithub "github.com/google/go-github/v89/github"

	"github.com/kiro-worker/kiro-worker/internal/forge"
)

// maxRulesets is how many rulesets are asked whether the caller may pass them. What is behind is taken to bind it.
const maxRulesets = 20

// boundRule is a rule with the ruleset that it is of.
type boundRule struct {
	ruleset int64
	rule    forge.Rule
}

// BranchRules implements forge.BranchRules.
func (f *Forge) BranchRules(ctx context.Context, repository, branch string) ([]forge.Rule, error) {
	owner, name, err := split(repository)
	if err != nil {
		return nil, err
	}
	var found *gogithub.BranchRules
	err = f.api.REST(ctx, opGetRules, func(ctx context.Context, c *gogithub.Client) (err error) {
		// A page of the most that there is: more rules than that bind no branch.
		found, _, err = c.Repositories.ListRulesForBranch(ctx, owner, name, url.PathEscape(branch), &gogithub.ListOptions{PerPage: 100})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the rules of branch %s of %s: %w", branch, repository, err)
	}
	passed := map[int64]bool{}
	var rules []forge.Rule
	for _, bound := range rulesOf(found) {
		pass, asked := passed[bound.ruleset]
		if !asked && len(passed) < maxRulesets {
			if pass, err = f.mayPass(ctx, owner, name, bound.ruleset); err != nil {
				return nil, fmt.Errorf("reading ruleset %d of %s: %w", bound.ruleset, repository, err)
			}
			passed[bound.ruleset] = pass
		}
		if !pass {
			rules = append(rules, bound.rule)
		}
	}
	return rules, nil
}

// mayPass reports whether the caller is among those whom a ruleset does not bind.
func (f *Forge) mayPass(ctx context.Context, owner, name string, id int64) (bool, error) {
	var set *gogithub.RepositoryRuleset
	err := f.api.REST(ctx, opGetRuleset, func(ctx context.Context, c *gogithub.Client) (err error) {
		set, _, err = c.Repositories.GetRuleset(ctx, owner, name, id, true)
		return err
	})
	if err != nil {
		return false, err
	}
	mode := set.GetCurrentUserCanBypass()
	return mode != nil && (*mode == gogithub.BypassModeAlways || *mode == gogithub.BypassModeExempt), nil
}

// rulesOf are the rules that a push can break.
func rulesOf(r *gogithub.BranchRules) []boundRule {
	if r == nil {
		return nil
	}
	var all []boundRule
	add := func(kind forge.RuleKind, m gogithub.BranchRuleMetadata) {
		all = append(all, boundRule{m.RulesetID, forge.Rule{Kind: kind}})
	}
	for _, m := range r.RequiredSignatures {
		add(forge.RuleSignatures, *m)
	}
	for _, m := range r.Update {
		add(forge.RuleUpdate, m.BranchRuleMetadata)
	}
	for _, m := range r.PullRequest {
		add(forge.RulePullRequest, m.BranchRuleMetadata)
	}
	for _, m := range r.MergeQueue {
		add(forge.RulePullRequest, m.BranchRuleMetadata)
	}
	for _, m := range r.RequiredStatusChecks {
		add(forge.RuleChecks, m.BranchRuleMetadata)
	}
	for _, m := range r.RequiredDeployments {
		add(forge.RuleChecks, m.BranchRuleMetadata)
	}
	for _, m := range r.RequiredLinearHistory {
		add(forge.RuleLinear, *m)
	}
	for kind, patterns := range map[forge.RuleKind][]*gogithub.PatternBranchRule{
		forge.RuleAuthorEmail: r.CommitAuthorEmailPattern, forge.RuleCommitterEmail: r.CommitterEmailPattern, forge.RuleMessage: r.CommitMessagePattern,
	} {
		for _, p := range patterns {
			all = append(all, boundRule{p.RulesetID, forge.Rule{
				Kind: kind, Operator: forge.PatternOperator(p.Parameters.Operator), Pattern: p.Parameters.Pattern, Negate: p.Parameters.GetNegate(),
			}})
		}
	}
	return all
}
