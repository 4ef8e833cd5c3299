// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package cloudformation

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// resolve replaces the functions in a value by what they stand for.
func (s *stack) resolve(value any) (any, error) {
	switch v := value.(type) {
	case []any:
		all := make([]any, len(v))
		for i := range v {
			var err error
			if all[i], err = s.resolve(v[i]); err != nil {
				return nil, err
			}
		}
		return all, nil
	case map[string]any:
		return s.resolveMap(v)
	}
	return value, nil
}

func (s *stack) resolveMap(v map[string]any) (any, error) {
	for name, argument := range v {
		if name != "Ref" && !strings.HasPrefix(name, "Fn::") {
			continue
		}
		if len(v) != 1 {
			return nil, fmt.Errorf("%s has neighbours", name)
		}
		f, ok := functions[name]
		if !ok {
			return nil, fmt.Errorf("the function %s is not known here", name)
		}
		resolved, err := s.resolve(argument)
		if err != nil {
			return nil, err
		}
		return f(s, resolved)
	}
	all := make(map[string]any, len(v))
	for key, value := range v {
		resolved, err := s.resolve(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		all[key] = resolved
	}
	return all, nil
}

// text resolves a value that must be a text.
func (s *stack) text(value any) (string, error) {
	resolved, err := s.resolve(value)
	if err != nil {
		return "", err
	}
	text, ok := resolved.(string)
	if !ok {
		return "", fmt.Errorf("%v is no text", resolved)
	}
	return text, nil
}

// functions have resolved arguments.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
var functions map[string]func(*stack, any) (any, error)

func init() { //nolint:gochecknoinits // functions and resolve call each other
	functions = map[string]func(*stack, any) (any, error){
		"Ref": ref, "Fn::GetAtt": getAtt, "Fn::ImportValue": importValue, "Fn::Join": join, "Fn::Select": choose, "Fn::Split": split,
	}
}

var errArguments = errors.New("the arguments have another form")

func ref(s *stack, argument any) (any, error) {
	name, _ := argument.(string)
	pseudo := map[string]string{
		"AWS::AccountId": s.account.options.ID, "AWS::Region": s.account.options.Region,
		"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": s.name,
	}
	if value, ok := pseudo[name]; ok {
		return value, nil
	}
	if value, ok := s.parameters[name]; ok {
		return value, nil
	}
	made, err := s.make(name)
	return made["Ref"], err
}

func getAtt(s *stack, argument any) (any, error) {
	path, ok := argument.([]any)
	if !ok || len(path) != 2 {
		return nil, fmt.Errorf("Fn::GetAtt: %w", errArguments)
	}
	made, err := s.make(fmt.Sprint(path[0]))
	if err != nil {
		return nil, err
	}
	value, ok := made[fmt.Sprint(path[1])]
	if !ok {
		return nil, fmt.Errorf("%v has no attribute %v", path[0], path[1])
	}
	return value, nil
}

func importValue(s *stack, argument any) (any, error) {
	value, ok := s.account.exports[fmt.Sprint(argument)]
	if !ok {
		return nil, fmt.Errorf("no stack exports %v; deploy the data stack first", argument)
	}
	return value, nil
}

func join(_ *stack, argument any) (any, error) {
	a, ok := argument.([]any)
	if !ok || len(a) != 2 {
		return nil, fmt.Errorf("Fn::Join: %w", errArguments)
	}
	parts, ok := a[1].([]any)
	if !ok {
		return nil, fmt.Errorf("Fn::Join: %w", errArguments)
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = fmt.Sprint(part)
	}
	return strings.Join(texts, fmt.Sprint(a[0])), nil
}

func split(_ *stack, argument any) (any, error) {
	a, ok := argument.([]any)
	if !ok || len(a) != 2 {
		return nil, fmt.Errorf("Fn::Split: %w", errArguments)
	}
	var parts []any
	for part := range strings.SplitSeq(fmt.Sprint(a[1]), fmt.Sprint(a[0])) {
		parts = append(parts, part)
	}
	return parts, nil
}

func choose(_ *stack, argument any) (any, error) {
	a, ok := argument.([]any)
	if !ok || len(a) != 2 {
		return nil, fmt.Errorf("Fn::Select: %w", errArguments)
	}
	list, ok := a[1].([]any)
	i, err := strconv.Atoi(fmt.Sprint(a[0]))
	if !ok || err != nil || i < 0 || i >= len(list) {
		return nil, fmt.Errorf("Fn::Select: %w", errArguments)
	}
	return list[i], nil
}
