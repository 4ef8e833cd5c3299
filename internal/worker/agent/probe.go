// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// probeTimeout is how long an agent may take to say who is logged in. Without a key Kiro would wait for a person for ever.
const probeTimeout = 30 * time.Second

// ProbeSpec is what a probe of the agent's credentials needs.
type ProbeSpec struct {
	Preset string
	// Dir is an empty directory that is not the checkout, which the agent's user can enter.
	Dir string
	// Env and Credential are those of the runs.
	Env        []string
	Credential *process.Credential
	// Output is the directory for what the probe prints.
	Output  string
	Timeout time.Duration // zero is 30s
	Clock   clock.WithTicker
}

// Probe asks the agent who is logged in, before it is given work: with a wrong key Kiro ends with 0 and does nothing, and
// without one it waits for ever. The problem is empty if nothing is known against the credentials, and for an agent that cannot
// be asked.
func Probe(ctx context.Context, spec ProbeSpec) (problem string, err error) {
	dialect, err := preset.Of(spec.Preset)
	if err != nil {
		return "", nil // the first task says so, and what to do
	}
	traits := dialect.Traits()
	if len(traits.Probe) == 0 {
		return "", nil
	}
	if spec.Timeout == 0 {
		spec.Timeout = probeTimeout
	}
	files := [2]string{filepath.Join(spec.Output, "agent-probe.log"), filepath.Join(spec.Output, "agent-probe-errors.log")}
	defer func() {
		for _, name := range files {
			_ = os.Remove(name)
		}
	}()
	args := append([]string{traits.Program}, traits.Probe...)
	result, err := process.Run(ctx, process.Spec{
		Args: args, Dir: spec.Dir, Env: spec.Env, Credential: spec.Credential,
		Stdout: files[0], Stderr: files[1], MaxOutput: maxPiece, Timeout: spec.Timeout, Clock: spec.Clock,
	})
	switch {
	case errors.Is(err, process.ErrNotFound), cannotBeExecuted(err):
		return "", nil // the first task says so, and what to do
	case err != nil:
		return "", fmt.Errorf("asking the agent who is logged in: %w", err)
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case result.End == process.EndTimedOut:
		return fmt.Sprintf("%s %s gave no answer within %s", traits.Program, traits.Probe[0], spec.Timeout), nil
	}
	return dialect.LoggedOut(preset.Answer{ExitCode: result.ExitCode, Text: printed(files)}), nil
}

// printed is the beginning of what the probe printed.
func printed(files [2]string) string {
	var all []byte
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil {
			all = append(append(all, text[:min(len(text), maxPiece)]...), '\n')
		}
	}
	return string(terminalCodes.ReplaceAll(all, nil))
}
