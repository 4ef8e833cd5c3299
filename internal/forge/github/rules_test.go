// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

func TestBranchRules(t *testing.T) {
	w := newWorld(t)
	if got, err := w.forge.BranchRules(t.Context(), repository, "feature/cart"); err != nil || len(got) > 0 {
		t.Errorf("a repository without rules: %+v, %v", got, err)
	}
	check(t, w.AddRuleset(repository, emulator.Ruleset{Branches: "feature/*", Rules: map[string]map[string]any{
		"required_signatures": nil, "required_linear_history": nil, "non_fast_forward": nil, "update": {"update_allows_fetch_and_merge": false},
		"commit_author_email_pattern": {"operator": "ends_with", "pattern": "@acme.com"}, "commit_message_pattern": {"operator": "starts_with", "pattern": "WIP", "negate": true},
		"pull_request": {"required_approving_review_count": 1}, "required_status_checks": {"required_status_checks": []any{}},
	}}))
	check(t, w.AddRuleset(repository, emulator.Ruleset{Branches: "feature/*", Rules: map[string]map[string]any{"committer_email_pattern": {"operator": "contains", "pattern": "x"}}, Bypass: "always"}))
	got, err := w.forge.BranchRules(t.Context(), repository, "feature/cart")
	check(t, err)
	want := []forge.Rule{
		{Kind: forge.RuleSignatures}, {Kind: forge.RuleLinear}, {Kind: forge.RuleUpdate}, {Kind: forge.RulePullRequest}, {Kind: forge.RuleChecks},
		{Kind: forge.RuleAuthorEmail, Operator: forge.OperatorEndsWith, Pattern: "@acme.com"}, {Kind: forge.RuleMessage, Operator: forge.OperatorStartsWith, Pattern: "WIP", Negate: true},
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(func(a, b forge.Rule) bool { return a.Kind < b.Kind })); diff != "" {
		t.Errorf("what the caller may pass is left out (-want +got):\n%s", diff)
	}
	if got, err := w.forge.BranchRules(t.Context(), repository, "release"); err != nil || len(got) > 0 {
		t.Errorf("another branch: %+v, %v", got, err)
	}
	if _, err := w.forge.BranchRules(t.Context(), "acme/none", "x"); fault.CodeOf(err) != fault.CodeNotFound {
		t.Errorf("no such repository: %v", err)
	}
}
