// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package cloudformation applies CloudFormation templates to this module's emulators, as far as infra/templates needs it, so that
// what a template says is what a program then meets. Roles and their policies are kept, and decide every call. A resource, a
// property or a function that it does not know is an error, never ignored.
package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sns"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sqs"
	"github.com/kiro-worker/kiro-worker/internal/local/iam"
)

// Options make an Account.
type Options struct {
	// ID and Region are the account's and the stacks'.
	ID, Region string
	// The emulators that resources are made in. One that is nil makes none: the resource is then a name alone.
	Tables  *dynamodb.Emulator
	Buckets *s3.Emulator
	Builds  *codebuild.Server
	Secrets *secretsmanager.Emulator
	Topics  *sns.Emulator
	Queues  *sqs.Emulator
	// BuildEnv is what is in a build's container besides its variables, for a project with that service role.
	BuildEnv func(serviceRoleARN string) map[string]string
}

// Account is an AWS account in which stacks are deployed.
type Account struct {
	options Options
	// mu: a stack is deployed while others are used.
	mu      sync.RWMutex
	roles   map[string]*Role // by ARN
	managed map[string]*Role // managed policies, by ARN; a name and policies
	exports map[string]string
	// policies are those of resources, and keys the KMS keys that they are encrypted with, by ARN.
	policies map[string][]iam.Document
	keys     map[string]string
}

// New returns an account without stacks.
func New(o Options) *Account {
	return &Account{
		options: o, roles: map[string]*Role{}, managed: map[string]*Role{}, exports: map[string]string{},
		policies: map[string][]iam.Document{}, keys: map[string]string{},
	}
}

// template is a template as it is written.
type template struct {
	Description string
	Parameters  map[string]struct {
		Type, Description string
		Default           *string
	}
	Resources map[string]*resource
	Outputs   map[string]struct {
		Description string
		Value       any
		Export      *struct{ Name string }
	}
}

type resource struct {
	Type                string
	Properties          map[string]any
	DependsOn           any
	DeletionPolicy      string
	UpdateReplacePolicy string
	Metadata            map[string]any
}

// Deploy makes a stack and returns its outputs.
func (a *Account) Deploy(name string, text []byte, parameters map[string]string) (map[string]string, error) {
	var t template
	if err := yaml.UnmarshalStrict(text, &t); err != nil {
		return nil, fmt.Errorf("reading the template of %s: %w", name, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s := &stack{account: a, name: name, template: t, parameters: maps.Clone(parameters), made: map[string]attributes{}}
	if err := s.checkParameters(); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if _, err := s.make(id); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	outputs := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(t.Outputs)) {
		output := t.Outputs[id]
		value, err := s.text(output.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: output %s: %w", name, id, err)
		}
		outputs[id] = value
		if output.Export != nil {
			if _, taken := a.exports[output.Export.Name]; taken {
				return nil, fmt.Errorf("%s: another stack exports %s already", name, output.Export.Name)
			}
			a.exports[output.Export.Name] = value
		}
	}
	return outputs, nil
}

// stack is a stack that is being made.
type stack struct {
	account    *Account
	name       string
	template   template
	parameters map[string]string
	made       map[string]attributes
	making     []string
}

// attributes are what can be asked of a resource; "Ref" is its name.
type attributes map[string]string

func (s *stack) checkParameters() error {
	for name, p := range s.template.Parameters {
		if _, given := s.parameters[name]; given {
			continue
		}
		if p.Default == nil {
			return fmt.Errorf("%s: the parameter %s has no value", s.name, name)
		}
		if s.parameters == nil {
			s.parameters = map[string]string{}
		}
		s.parameters[name] = *p.Default
	}
	for name := range s.parameters {
		if _, known := s.template.Parameters[name]; !known {
			return fmt.Errorf("%s: the template has no parameter %s", s.name, name)
		}
	}
	return nil
}

// make makes a resource, and before it those that it refers to.
func (s *stack) make(id string) (attributes, error) {
	if made, ok := s.made[id]; ok {
		return made, nil
	}
	r := s.template.Resources[id]
	if r == nil {
		return nil, fmt.Errorf("there is no resource %s", id)
	}
	if slices.Contains(s.making, id) {
		return nil, fmt.Errorf("%s refers to itself, by %v", id, s.making)
	}
	s.making = append(s.making, id)
	defer func() { s.making = s.making[:len(s.making)-1] }()

	create, ok := creators[r.Type]
	if !ok {
		return nil, fmt.Errorf("%s: resources of type %s are not known here", id, r.Type)
	}
	resolved, err := s.resolve(r.Properties)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	p, _ := resolved.(map[string]any)
	made, err := create(s, id, properties(p))
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", id, r.Type, err)
	}
	s.made[id] = made
	return made, nil
}
