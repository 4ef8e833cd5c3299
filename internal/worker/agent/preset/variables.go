// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// variableName is a name that a secret may set.
var variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

// reserved are beginnings of names that a secret may not set: they would change what runs and as whom, or hand the
// agent what it must not have.
var reserved = []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LD_", "DYLD_", "AWS_", "CODEBUILD_", "KIRO_WORKER_", "GIT_"}

// Variables are what an agent's secret sets in its environment, as NAME=value: the agent's key, or what a JSON object of
// names and texts says. An empty secret sets nothing. The secret is never quoted in an error.
func Variables(t Traits, secret string) ([]string, error) {
	secret = strings.TrimSpace(secret)
	if secret == "" {
		return nil, nil
	}
	if !strings.HasPrefix(secret, "{") {
		switch {
		case strings.ContainsAny(secret, "\x00\r\n"):
			return nil, errors.New("the agent's secret has several lines: it must be the key alone, or a JSON object of variables")
		case t.Key == "":
			return nil, errors.New("the agent's secret must be a JSON object of variables, as this agent takes keys of several kinds: docs/agents.md names them")
		}
		return []string{t.Key + "=" + secret}, nil
	}
	var values map[string]string
	if err := json.Unmarshal([]byte(secret), &values); err != nil {
		return nil, errors.New("the agent's secret looks like JSON, but is not an object of names and texts")
	}
	var env []string
	for name, value := range values {
		if !t.maySet(name) {
			return nil, fmt.Errorf("the agent's secret may not set the variable %.64q", name)
		}
		if strings.ContainsRune(value, 0) {
			return nil, fmt.Errorf("the agent's secret has a zero byte in %s", name)
		}
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env, nil
}

func (t Traits) maySet(name string) bool {
	if !variableName.MatchString(name) {
		return false
	}
	return slices.Contains(t.Own, name) || !slices.ContainsFunc(reserved, func(p string) bool { return strings.HasPrefix(name, p) })
}
