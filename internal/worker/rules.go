// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// checkRules fails where a rule of the repository is going to refuse what the worker pushes: the agent would be paid for
// nothing. A push itself cannot be tried without pushing.
func (c checkoutStage) checkRules(ctx context.Context) error {
	if c.rules == nil {
		return nil
	}
	var rules []forge.Rule
	err := c.retry.do(ctx, "reading the branch's rules", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, forgeTimeout)
		defer cancel()
		var err error
		rules, err = c.rules.BranchRules(ctx, c.repository, c.repo.Branch())
		return err
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		// Not every plan and every token is told of rules. Then the push is what finds out.
		logOf(ctx).Info("Which rules bind the branch is not known", keyReason, c.retry.clean(fault.Message(err)))
		return nil
	}
	if broken := brokenRules(rules); len(broken) > 0 {
		return failed(contract.OutcomeCheckoutFailed, errors.New("rules of the repository refuse what would be pushed to "+c.repo.Branch()+", so no task was begun: "+
			c.retry.clean(strings.Join(broken, "; "))+". Let the worker's account bypass them, or take the branch out of them"))
	}
	return nil
}

// brokenRules are the rules that the worker's commits break, in words. They are never merges, so a linear history is none.
func brokenRules(rules []forge.Rule) []string {
	var broken []string
	for _, r := range rules {
		switch r.Kind {
		case forge.RuleSignatures:
			broken = append(broken, "commits must be signed, and the worker's are not")
		case forge.RuleUpdate:
			broken = append(broken, "updates of the branch are restricted")
		case forge.RulePullRequest:
			broken = append(broken, "the branch is changed by pull requests alone")
		case forge.RuleChecks:
			broken = append(broken, "checks or deployments must have passed before a commit is pushed")
		case forge.RuleAuthorEmail, forge.RuleCommitterEmail:
			if breaks(r, gitrepo.AuthorEmail) {
				broken = append(broken, fmt.Sprintf("the %s has to match %s%s %.100q, and the worker's is %s", r.Kind, not(r), strings.ReplaceAll(string(r.Operator), "_", " "), r.Pattern, gitrepo.AuthorEmail))
			}
		case forge.RuleMessage:
			// Titles differ; what no message of the worker's can match is found by one.
			if breaks(r, sampleMessage) {
				broken = append(broken, fmt.Sprintf("messages of commits have to match %s%s %.100q, and the worker's begin like %q", not(r), strings.ReplaceAll(string(r.Operator), "_", " "), r.Pattern, strings.SplitN(sampleMessage, "\n", 2)[0]))
			}
		case forge.RuleLinear:
		}
	}
	return broken
}

// sampleMessage is what the message of a task's commit looks like.
const sampleMessage = "Task 1: A title\n\nImplements task 1 of .kiro/specs/feature.\n\nKiro-Task: 1\n"

func not(r forge.Rule) string {
	if r.Negate {
		return "not: "
	}
	return ""
}

// breaks reports whether a text breaks a rule with a pattern. An expression that is none here breaks nothing: the server's own
// may be of another kind.
func breaks(r forge.Rule, text string) bool {
	var matches bool
	switch r.Operator {
	case forge.OperatorStartsWith:
		matches = strings.HasPrefix(text, r.Pattern)
	case forge.OperatorEndsWith:
		matches = strings.HasSuffix(strings.TrimSpace(text), r.Pattern)
	case forge.OperatorContains:
		matches = strings.Contains(text, r.Pattern)
	case forge.OperatorRegex:
		expression, err := regexp.Compile("(?m)" + r.Pattern)
		if err != nil {
			return false
		}
		matches = expression.MatchString(text)
	default:
		return false
	}
	return matches == r.Negate
}
