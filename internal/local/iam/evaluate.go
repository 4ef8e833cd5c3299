// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"cmp"
	"strconv"
	"strings"
)

// Decision is what a set of policies says of a request.
type Decision struct {
	Allowed bool
	// By is the statement that decided: the deny, or the first allow. It is nil where no statement matched.
	By *Statement
}

// Evaluate decides a request: a matching deny decides, else a matching allow, else it is denied.
func Evaluate(r Request, policies ...Document) Decision {
	var allow *Statement
	for p := range policies {
		for i := range policies[p].Statements {
			s := &policies[p].Statements[i]
			if !s.Matches(r) {
				continue
			}
			if s.Effect == "Deny" {
				return Decision{By: s}
			}
			if allow == nil {
				allow = s
			}
		}
	}
	return Decision{Allowed: allow != nil, By: allow}
}

// Matches says whether a statement is about a request.
func (s *Statement) Matches(r Request) bool {
	if !anyMatches(s.Actions, r.Action, true) {
		return false
	}
	if s.Resources != nil && !anyMatches(s.Resources, r.Resource, false) {
		return false
	}
	if s.Principals != nil && !s.names(r.Principal) {
		return false
	}
	for _, c := range s.Conditions {
		if !c.holds(r.Context) {
			return false
		}
	}
	return true
}

// names says whether a principal is one of the statement's. An account's root stands for everybody whom that account allows.
func (s *Statement) names(principal string) bool {
	for _, names := range s.Principals {
		for _, name := range names {
			if name == "*" || name == principal {
				return true
			}
			if account, ok := strings.CutSuffix(name, ":root"); ok && strings.HasPrefix(principal, account+":") {
				return true
			}
		}
	}
	return false
}

// operators are the comparisons of one value of a request with one of the policy.
var operators = map[string]func(got, want string) bool{
	"StringEquals":           func(got, want string) bool { return got == want },
	"StringNotEquals":        func(got, want string) bool { return got != want },
	"StringEqualsIgnoreCase": strings.EqualFold,
	"StringLike":             glob,
	"StringNotLike":          func(got, want string) bool { return !glob(got, want) },
	"ArnEquals":              globARN,
	"ArnLike":                globARN,
	"Bool":                   strings.EqualFold,
	"NumericLessThan":        func(got, want string) bool { return compareNumbers(got, want) < 0 },
	"Null":                   nil, // about the key, not its values
}

// compareNumbers orders two numbers. What is none is less than nothing, as IAM has it: the condition does not hold.
func compareNumbers(got, want string) int {
	g, errG := strconv.ParseFloat(got, 64)
	w, errW := strconv.ParseFloat(want, 64)
	if errG != nil || errW != nil {
		return 0
	}
	return cmp.Compare(g, w)
}

func base(operator string) string {
	for _, prefix := range []string{"ForAllValues:", "ForAnyValue:"} {
		operator = strings.TrimPrefix(operator, prefix)
	}
	return strings.TrimSuffix(operator, "IfExists")
}

// holds says whether a condition holds. Condition keys are not case-sensitive.
func (c Condition) holds(context map[string][]string) bool {
	var got []string
	present := false
	for key, values := range context {
		if strings.EqualFold(key, c.Key) {
			got, present = values, true
		}
	}
	operator := base(c.Operator)
	if operator == "Null" {
		return (c.Values[0] == "true") != present
	}
	if !present {
		switch {
		case strings.HasSuffix(c.Operator, "IfExists"), strings.HasPrefix(c.Operator, "ForAllValues:"):
			return true
		case strings.HasPrefix(operator, "StringNot"):
			return true
		}
		return false
	}
	negative := strings.HasPrefix(operator, "StringNot")
	one := func(value string) bool {
		for _, want := range c.Values {
			if operators[operator](value, want) != negative {
				return !negative
			}
		}
		return negative
	}
	for _, value := range got {
		switch ok := one(value); {
		case strings.HasPrefix(c.Operator, "ForAllValues:") && !ok:
			return false
		case !strings.HasPrefix(c.Operator, "ForAllValues:") && ok:
			return true
		}
	}
	return strings.HasPrefix(c.Operator, "ForAllValues:")
}

func anyMatches(patterns []string, text string, ignoreCase bool) bool {
	for _, p := range patterns {
		if ignoreCase {
			p, text = strings.ToLower(p), strings.ToLower(text)
		}
		if glob(text, p) {
			return true
		}
	}
	return false
}

// globARN compares ARNs field by field: a wildcard does not reach over a colon, except in the last field.
func globARN(got, want string) bool {
	g, w := strings.SplitN(got, ":", 6), strings.SplitN(want, ":", 6)
	if len(g) != len(w) {
		return false
	}
	for i := range g {
		if !glob(g[i], w[i]) {
			return false
		}
	}
	return true
}

// glob matches a text with a pattern in which * is any run of characters and ? is any one.
func glob(text, pattern string) bool {
	t, p, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			t++
			p++
		case star >= 0:
			mark++
			t, p = mark, star+1
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
