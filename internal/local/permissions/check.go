// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/iam"
)

// Policies are the policies of each caller.
type Policies map[string][]iam.Document

// Exception is an allowed action that no call of ours uses, and why it is allowed even so.
type Exception struct {
	Caller, Sid, Reason string
}

// Check returns what is wrong: calls that are not allowed, allowed actions that no call uses, exceptions that are none. Each finding
// begins with the caller and the action.
func Check(calls []Call, policies Policies, exceptions []Exception) []string {
	var findings []string
	for _, c := range calls {
		if documents, known := policies[c.Caller]; known && !iam.Evaluate(c.request(), documents...).Allowed {
			findings = append(findings, fmt.Sprintf("%s %s: it is called and not allowed: %s", c.Caller, c.Action, c))
		}
	}
	excepted := map[Exception]bool{}
	for caller, documents := range policies {
		for _, d := range documents {
			for i := range d.Statements {
				s := &d.Statements[i]
				if s.Effect != "Allow" {
					continue
				}
				if e := exceptionOf(exceptions, caller, s.Sid); e != nil {
					excepted[*e] = true
					continue
				}
				findings = append(findings, unused(calls, caller, s)...)
			}
		}
	}
	for _, e := range exceptions {
		if _, known := policies[e.Caller]; known && !excepted[e] {
			findings = append(findings, fmt.Sprintf("%s %s: there is an exception for it, and no such statement", e.Caller, e.Sid))
		}
	}
	slices.Sort(findings)
	return findings
}

func (c Call) request() iam.Request {
	return iam.Request{Action: c.Action, Resource: c.Resource, Context: c.Context}
}

func exceptionOf(exceptions []Exception, caller, sid string) *Exception {
	for i := range exceptions {
		if exceptions[i].Caller == caller && exceptions[i].Sid == sid {
			return &exceptions[i]
		}
	}
	return nil
}

// unused says which actions, resources and rows of a statement no call uses.
func unused(calls []Call, caller string, s *iam.Statement) []string {
	var findings []string
	used := func(part iam.Statement) bool {
		return slices.ContainsFunc(calls, func(c Call) bool { return c.Caller == caller && part.Matches(c.request()) })
	}
	for _, action := range s.Actions {
		part := *s
		part.Actions = []string{action}
		if !used(part) {
			findings = append(findings, fmt.Sprintf("%s %s: statement %s allows it, and nobody calls it", caller, action, s.Sid))
		}
	}
	for _, resource := range s.Resources {
		part := *s
		part.Resources = []string{resource}
		if !used(part) {
			findings = append(findings, fmt.Sprintf("%s %s: statement %s allows it on %s, and nobody calls it there",
				caller, strings.Join(s.Actions, ", "), s.Sid, resource))
		}
	}
	for i, condition := range s.Conditions {
		if condition.Operator != "ForAllValues:StringLike" {
			continue
		}
		for _, value := range condition.Values {
			part := *s
			part.Conditions = slices.Clone(s.Conditions)
			part.Conditions[i].Values = []string{value}
			if !used(part) {
				findings = append(findings, fmt.Sprintf("%s %s: statement %s allows %s %s, and nobody uses it",
					caller, strings.Join(s.Actions, ", "), s.Sid, condition.Key, value))
			}
		}
	}
	return findings
}
