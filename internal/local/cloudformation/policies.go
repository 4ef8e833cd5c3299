// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package cloudformation

import (
	"fmt"
	"maps"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/iam"
)

// ResourcePolicies are the policies of buckets, topics, queues and keys, by the resource's ARN.
func (a *Account) ResourcePolicies() map[string][]iam.Document {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return maps.Clone(a.policies)
}

// KeyOf is the KMS key that a resource is encrypted with; empty is one of AWS's own.
func (a *Account) KeyOf(resourceARN string) string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.keys[resourceARN]
}

// createKey keeps a key's policy.
func createKey(s *stack, id string, p properties) (attributes, error) {
	if err := p.known("Description", "EnableKeyRotation", "KeyPolicy", "Tags"); err != nil {
		return nil, err
	}
	policy, err := document(p["KeyPolicy"])
	if err != nil {
		return nil, err
	}
	name := s.name + "-" + id
	arn := s.arn("kms", "key/"+name)
	s.account.policies[arn] = append(s.account.policies[arn], policy)
	return attributes{"Ref": name, "Arn": arn}, nil
}

// resourcePolicy keeps the policy of what the property names: one bucket, or a list of topics or queues.
func resourcePolicy(property, of string) func(*stack, string, properties) (attributes, error) {
	return func(s *stack, id string, p properties) (attributes, error) {
		if err := p.known(property, "PolicyDocument"); err != nil {
			return nil, err
		}
		policy, err := document(p["PolicyDocument"])
		if err != nil {
			return nil, err
		}
		names, ok := p[property].([]any)
		if !ok {
			names = []any{p[property]}
		}
		for _, name := range names {
			arn, err := s.arnOf(fmt.Sprint(name), of)
			if err != nil {
				return nil, err
			}
			s.account.policies[arn] = append(s.account.policies[arn], policy)
		}
		return attributes{"Ref": s.name + "-" + id}, nil
	}
}

// arnOf is the ARN of a resource of this stack by what Ref gives of it.
func (s *stack) arnOf(ref, of string) (string, error) {
	if strings.HasPrefix(ref, "arn:") {
		return ref, nil
	}
	for id, made := range s.made {
		if s.template.Resources[id].Type == of && made["Ref"] == ref {
			return made["Arn"], nil
		}
	}
	return "", fmt.Errorf("no %s of this stack is %s", of, ref)
}

// decide is IAM's decision within one account: a deny anywhere decides; else the caller's policies or the resource's have to allow.
// A key's policy has to allow in any case: what it gives to the account's root it leaves to the callers' policies.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-id-rdp.html
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
func (a *Account) decide(r iam.Request, caller []iam.Document) bool {
	own := iam.Evaluate(r, caller...)
	resource := r.Resource
	if strings.HasPrefix(r.Action, "s3:") { // an object is its bucket's
		resource, _, _ = strings.Cut(resource, "/")
	}
	there := iam.Evaluate(r, a.policies[resource]...)
	for _, d := range []iam.Decision{own, there} {
		if !d.Allowed && d.By != nil {
			return false
		}
	}
	if strings.HasPrefix(r.Action, "kms:") {
		return own.Allowed && there.Allowed
	}
	return own.Allowed || there.Allowed
}
