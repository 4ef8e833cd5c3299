// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// KeyVariable is the variable in which Kiro takes its key.
const KeyVariable = "KIRO_API_KEY"

// variableName is a name that a secret may set.
var variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

// reserved are beginnings of names that a secret may not set: they would change what runs and as whom, or hand the
// agent what it must not have.
var reserved = []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LD_", "DYLD_", "AWS_", "CODEBUILD_", "KIRO_WORKER_", "GIT_"}

// Home says who the agent is and where it may write.
type Home struct {
	// User is the user's name, Dir the home directory, Temp the directory for temporary files.
	User, Dir, Temp string
}

// Env is an agent's environment: what tool chains need of environ, a home of its own, and its key. The key's secret
// is the key itself, or a JSON object of variables for agents that take other ones.
func Env(environ []string, home Home, secret string) ([]string, error) {
	env := process.AllowedEnv(environ, process.SafeEnv)
	env = append(env, "HOME="+home.Dir, "USER="+home.User, "LOGNAME="+home.User, "SHELL=/bin/sh", "TMPDIR="+home.Temp, "CI=true")
	variables, err := secretVariables(secret)
	if err != nil {
		return nil, err
	}
	return append(env, variables...), nil
}

// secretVariables never quotes the secret in an error.
func secretVariables(secret string) ([]string, error) {
	secret = strings.TrimSpace(secret)
	if secret == "" {
		return nil, nil
	}
	if !strings.HasPrefix(secret, "{") {
		if strings.ContainsAny(secret, "\x00\r\n") {
			return nil, errors.New("the agent's secret has several lines: it must be the key alone, or a JSON object of variables")
		}
		return []string{KeyVariable + "=" + secret}, nil
	}
	var values map[string]string
	if err := json.Unmarshal([]byte(secret), &values); err != nil {
		return nil, errors.New("the agent's secret looks like JSON, but is not an object of names and texts")
	}
	var env []string
	for name, value := range values {
		if !variableName.MatchString(name) || slices.ContainsFunc(reserved, func(p string) bool { return strings.HasPrefix(name, p) }) {
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
