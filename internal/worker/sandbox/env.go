// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// keyVariable is the variable in which Kiro takes its key.
const keyVariable = "KIRO_API_KEY"

// variableName is a name that a secret may set.
var variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

// reserved are beginnings of names that a secret may not set: they would change what runs and as whom, or hand the
// agent what it must not have.
var reserved = []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LD_", "DYLD_", "AWS_", "CODEBUILD_", "KIRO_WORKER_", "GIT_"}

// home says who a program is and where it may write.
type home struct {
	// user is the user's name, dir the home directory, temp the directory for temporary files.
	user, dir, temp string
}

// environment is a program's environment: what tool chains need of environ, what is given beside that, a home of its own, and what the agent's
// secret sets. The secret is Kiro's key itself, or a JSON object of variables for agents that take other ones; empty
// sets nothing.
func environment(environ, extra []string, h home, secret string) ([]string, error) {
	env := append(process.AllowedEnv(environ, process.SafeEnv), extra...)
	env = append(env, "HOME="+h.dir, "USER="+h.user, "LOGNAME="+h.user, "SHELL=/bin/sh", "TMPDIR="+h.temp, "CI=true")
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
		return []string{keyVariable + "=" + secret}, nil
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
