// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package forge

import "context"

// RuleKind is what a rule asks of a push to a branch.
type RuleKind string

const (
	// RuleSignatures: every commit is signed.
	RuleSignatures RuleKind = "signatures"
	// RuleUpdate: nobody but those that the rule names pushes.
	RuleUpdate RuleKind = "update"
	// RulePullRequest: changes come by a pull request alone.
	RulePullRequest RuleKind = "pull request"
	// RuleChecks: every commit has passed checks or deployments before it is pushed.
	RuleChecks RuleKind = "checks"
	// RuleAuthorEmail: the author's address of every commit matches a pattern.
	RuleAuthorEmail RuleKind = "author email"
	// RuleCommitterEmail: the committer's does.
	RuleCommitterEmail RuleKind = "committer email"
	// RuleMessage: the message does.
	RuleMessage RuleKind = "commit message"
	// RuleLinear: no commit is a merge.
	RuleLinear RuleKind = "linear history"
)

// PatternOperator is how a pattern is compared.
type PatternOperator string

// The operators.
const (
	OperatorStartsWith PatternOperator = "starts_with"
	OperatorEndsWith   PatternOperator = "ends_with"
	OperatorContains   PatternOperator = "contains"
	OperatorRegex      PatternOperator = "regex"
)

// Rule is a rule that binds the caller's pushes to a branch.
type Rule struct {
	Kind RuleKind
	// Operator and Pattern are of the kinds that have a pattern. With Negate what matches is refused.
	Operator PatternOperator
	Pattern  string
	Negate   bool
}

// BranchRules looks rules up.
type BranchRules interface {
	// BranchRules are the rules that bind the caller's pushes to a branch; those that the caller may pass are left out.
	BranchRules(ctx context.Context, repository, branch string) ([]Rule, error)
}
