// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package cloudformation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/iam"
)

// Role is a role with what it may do. A managed policy is kept as one that nobody can assume.
type Role struct {
	ARN, Name string
	Trust     iam.Document
	Policies  []iam.Document
}

// Roles are the roles that were made, by ARN.
func (a *Account) Roles() map[string]*Role {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return maps.Clone(a.roles)
}

// ManagedPolicies are the managed policies that were made, by ARN.
func (a *Account) ManagedPolicies() map[string]*Role {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return maps.Clone(a.managed)
}

// AddUser makes a user with these managed policies.
func (a *Account) AddUser(arn string, policyARNs ...string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	user := &Role{ARN: arn}
	for _, policy := range policyARNs {
		p := a.managed[policy]
		if p == nil {
			return fmt.Errorf("there is no managed policy %s", policy)
		}
		user.Policies = append(user.Policies, p.Policies...)
	}
	a.roles[arn] = user
	return nil
}

func lower(text string) string { return strings.ToLower(text) }

func document(value any) (iam.Document, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return iam.Document{}, err
	}
	return iam.Parse(text)
}

func createRole(s *stack, id string, p properties) (attributes, error) {
	if err := p.known("RoleName", "Description", "AssumeRolePolicyDocument", "ManagedPolicyArns", "PermissionsBoundary", "Tags"); err != nil {
		return nil, err
	}
	trust, err := document(p["AssumeRolePolicyDocument"])
	if err != nil {
		return nil, err
	}
	role := &Role{Name: p.text("RoleName"), Trust: trust}
	if role.Name == "" {
		role.Name = s.name + "-" + id
	}
	role.ARN = "arn:aws:iam::" + s.account.options.ID + ":role/" + role.Name
	if s.account.roles[role.ARN] != nil {
		return nil, fmt.Errorf("there is a role %s already", role.Name)
	}
	s.account.roles[role.ARN] = role
	return attributes{"Ref": role.Name, "Arn": role.ARN}, nil
}

func createPolicy(s *stack, _ string, p properties) (attributes, error) {
	policy, err := document(p["PolicyDocument"])
	if err != nil {
		return nil, err
	}
	names, _ := p["Roles"].([]any)
	for _, name := range names {
		role := s.account.roles["arn:aws:iam::"+s.account.options.ID+":role/"+fmt.Sprint(name)]
		if role == nil {
			return nil, fmt.Errorf("there is no role %v", name)
		}
		role.Policies = append(role.Policies, policy)
	}
	return attributes{"Ref": p.text("PolicyName")}, nil
}

func createManagedPolicy(s *stack, _ string, p properties) (attributes, error) {
	policy, err := document(p["PolicyDocument"])
	if err != nil {
		return nil, err
	}
	name := p.text("ManagedPolicyName")
	arn := "arn:aws:iam::" + s.account.options.ID + ":policy/" + name
	s.account.managed[arn] = &Role{ARN: arn, Name: name, Policies: []iam.Document{policy}}
	return attributes{"Ref": arn}, nil
}

// Authorize is an aws.Authorizer: what a caller's role does not allow is denied, in AWS's words. A role is assumed by whom its
// trust policy names; a caller that is a role of this account needs to be allowed to as well. Users and roles of elsewhere are
// allowed nothing but to assume.
func (a *Account) Authorize(call aws.Call) (reason string) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	caller := a.roles[call.Principal]
	for _, access := range call.Accesses {
		r := iam.Request{Action: access.Action, Resource: access.Resource, Principal: call.Principal, Context: access.Context}
		if access.Action == "sts:AssumeRole" {
			assumed := a.roles[access.Resource]
			if assumed == nil || !iam.Evaluate(r, assumed.Trust).Allowed {
				return denied(r)
			}
			if caller == nil {
				continue
			}
		}
		if caller == nil || !a.decide(overTLS(r), caller.Policies) {
			return denied(r)
		}
	}
	return ""
}

// overTLS is the request as AWS would see it. The emulators listen without TLS, on this machine alone; AWS is reached by HTTPS, with
// version 1.2 at least, which internal/awsapi holds.
func overTLS(r iam.Request) iam.Request {
	context := maps.Clone(r.Context)
	if context == nil {
		context = map[string][]string{}
	}
	context["aws:SecureTransport"] = []string{"true"}
	if strings.HasPrefix(r.Action, "s3:") {
		context["s3:TlsVersion"] = []string{"1.2"}
	}
	r.Context = context
	return r
}

func denied(r iam.Request) string {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", r.Principal, r.Action, r.Resource)
	for _, key := range slices.Sorted(maps.Keys(r.Context)) {
		text += fmt.Sprintf(" (%s: %s)", key, strings.Join(r.Context[key], ", "))
	}
	return text
}
