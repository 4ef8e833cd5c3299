// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package iam evaluates IAM policies by IAM's own rules, as far as this project's policies use them: allow, deny, wildcards and
// conditions. What it does not know is an error, never ignored. It calls nobody.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Request is one action on one resource.
type Request struct {
	// Action is "service:Operation".
	Action string
	// Resource is an ARN; "*" for an action that knows no resource.
	Resource string
	// Principal is the ARN of who asks, or a service's name; only trust policies ask for it.
	Principal string
	// Context holds the condition keys that the request has. A key that is absent has no entry.
	Context map[string][]string
}

// Document is a policy.
type Document struct {
	Statements []Statement
}

// Statement is one statement of a policy.
type Statement struct {
	Sid        string
	Effect     string
	Actions    []string
	Resources  []string // nil in a trust policy
	Principals map[string][]string
	Conditions []Condition
}

// Condition is one operator on one key.
type Condition struct {
	Operator string
	Key      string
	Values   []string
}

// ErrUnsupported is in the error about a policy that this package cannot evaluate.
var ErrUnsupported = errors.New("not supported by this evaluator")

// Parse reads a policy in JSON.
func Parse(text []byte) (Document, error) {
	var raw struct {
		Version   string
		ID        string          `json:"Id"`
		Statement json.RawMessage `json:"Statement"`
	}
	if err := strict(text, &raw); err != nil {
		return Document{}, fmt.Errorf("reading the policy: %w", err)
	}
	if raw.Version != "2012-10-17" {
		return Document{}, fmt.Errorf("policy version %q: %w", raw.Version, ErrUnsupported)
	}
	statements := []json.RawMessage{raw.Statement}
	if strings.HasPrefix(strings.TrimSpace(string(raw.Statement)), "[") {
		if err := json.Unmarshal(raw.Statement, &statements); err != nil {
			return Document{}, fmt.Errorf("reading the policy: %w", err)
		}
	}
	var d Document
	for i, s := range statements {
		statement, err := parseStatement(s)
		if err != nil {
			return Document{}, fmt.Errorf("statement %d: %w", i, err)
		}
		d.Statements = append(d.Statements, statement)
	}
	return d, nil
}

func strict(text []byte, into any) error {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func parseStatement(text []byte) (Statement, error) {
	var raw struct {
		Sid       string
		Effect    string
		Action    list
		Resource  list
		Principal json.RawMessage
		Condition map[string]map[string]list
	}
	if err := strict(text, &raw); err != nil { // NotAction, NotResource and NotPrincipal end here
		return Statement{}, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	s := Statement{Sid: raw.Sid, Effect: raw.Effect, Actions: raw.Action, Resources: raw.Resource}
	if s.Effect != "Allow" && s.Effect != "Deny" || len(s.Actions) == 0 {
		return s, fmt.Errorf("effect %q with %d actions is no statement", s.Effect, len(s.Actions))
	}
	if err := parsePrincipal(raw.Principal, &s); err != nil {
		return s, err
	}
	for operator, keys := range raw.Condition {
		if _, ok := operators[base(operator)]; !ok {
			return s, fmt.Errorf("condition %s: %w", operator, ErrUnsupported)
		}
		for key, values := range keys {
			s.Conditions = append(s.Conditions, Condition{Operator: operator, Key: key, Values: values})
		}
	}
	slices.SortFunc(s.Conditions, func(a, b Condition) int { return strings.Compare(a.Operator+a.Key, b.Operator+b.Key) })
	for _, text := range slices.Concat(s.Resources, values(s.Conditions)) {
		if strings.Contains(text, "${") {
			return s, fmt.Errorf("the variable in %q: %w", text, ErrUnsupported)
		}
	}
	return s, nil
}

func values(conditions []Condition) []string {
	var all []string
	for _, c := range conditions {
		all = append(all, c.Values...)
	}
	return all
}

func parsePrincipal(raw json.RawMessage, s *Statement) error {
	switch {
	case len(raw) == 0:
		return nil
	case string(raw) == `"*"`:
		s.Principals = map[string][]string{"AWS": {"*"}}
		return nil
	}
	var principals map[string]list
	if err := json.Unmarshal(raw, &principals); err != nil {
		return fmt.Errorf("reading the principal: %w", err)
	}
	s.Principals = map[string][]string{}
	for kind, names := range principals {
		s.Principals[kind] = names
	}
	return nil
}

// list is one text or many.
type list []string

// UnmarshalJSON implements json.Unmarshaler. Numbers and booleans are texts, as IAM takes them.
func (l *list) UnmarshalJSON(text []byte) error {
	var many []any
	if err := json.Unmarshal(text, &many); err != nil {
		var one any
		if err := json.Unmarshal(text, &one); err != nil {
			return err
		}
		many = []any{one}
	}
	for _, v := range many {
		*l = append(*l, fmt.Sprint(v))
	}
	return nil
}
