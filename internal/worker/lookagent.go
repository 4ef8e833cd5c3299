// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
	"github.com/kiro-worker/kiro-worker/internal/worker/sandbox"
)

// agent looks whether the agent's program is in the image and its secret can be used, and asks it who is logged in, as the user
// that it will run as.
func (k look) agent(ctx context.Context) (string, error) {
	dialect, err := preset.Of(k.look.AgentPreset)
	if err != nil {
		return "", fmt.Errorf("%w; or put a worker of the manager's version into the build's image", err)
	}
	credentials, err := k.credentials(ctx, dialect.Traits())
	if err != nil {
		return "", err
	}
	box := sandbox.New(sandbox.Options{
		User: k.o.AgentUser, Dir: k.o.Dir, Tree: os.TempDir(), Environ: k.o.Environ, Clock: k.o.Clock, Since: k.o.Build.StartedAt,
	})
	program := dialect.Traits().Program
	if program == "" {
		program = k.look.AgentProgram
	}
	switch {
	case program == "":
		return "which program spec.agent.command runs depends on the task; the agent's secret can be read", nil
	case strings.Contains(program, "/") && !strings.HasPrefix(program, "/"):
		return program + " is the repository's own; the agent's secret can be read", nil
	case !box.Has(program):
		return "", fmt.Errorf("%s is not in the build's image, or not where its PATH leads: add it to the image, or name another agent in spec.agent.preset", program)
	case len(dialect.Traits().Probe) == 0:
		return fmt.Sprintf("%s is in the build's image; it has no login that could be asked for, and the agent's secret can be read", program), nil
	}
	return k.probe(ctx, box, program, credentials)
}

// credentials are what the agent's secret sets.
func (k look) credentials(ctx context.Context, t preset.Traits) ([]string, error) {
	if k.look.AgentSecretARN == "" {
		return nil, nil
	}
	secret, err := k.o.Ports.Secrets.Read(ctx, k.look.AgentSecretARN)
	if err != nil {
		return nil, fmt.Errorf("the agent's secret, with the build's role: %w", err)
	}
	k.o.Redactor.Add(secret)
	return preset.Variables(t, secret)
}

func (k look) probe(ctx context.Context, box *sandbox.Sandbox, program string, credentials []string) (string, error) {
	env, err := box.Environment(credentials...)
	if err != nil {
		return "", err
	}
	credential, _ := box.Credential()
	problem, err := agent.Probe(ctx, agent.ProbeSpec{
		Preset: k.look.AgentPreset, Dir: os.TempDir(), Env: env, Credential: credential, Output: k.o.Dir, Clock: k.o.Clock,
	})
	if ended := box.EndAll(); ended != nil && err == nil {
		err = ended
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("the agent cannot be asked who is logged in: put %s into the build's image: %w", program, err)
	case problem != "":
		return "", errors.New("the agent's credentials are missing or refused (" + k.o.Redactor.String(problem) +
			"): put a valid key into the secret that spec.credentials.agentSecretARN of the WorkEnvironment names")
	}
	return program + " says nothing against the key", nil
}
