// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// RunLocal runs the stages that need neither AWS nor a forge on a developer's checkout, for trying a spec: the agent
// works in it, tests and coverage are measured, and nothing is committed, pushed or reported to anybody. It returns the
// result beside the exit code.
func RunLocal(ctx context.Context, o Options) (contract.Result, ExitCode) {
	o, err := o.heard()
	var p *pipeline
	if err == nil {
		p, err = newPipeline(o, true)
	}
	if err != nil {
		o.Log.Error(err, "The run cannot begin")
		return contract.Result{Outcome: contract.OutcomeInternalError, Message: err.Error()}, ExitUsage
	}
	for _, st := range p.stages {
		if !st.local || p.state.failed() {
			continue
		}
		if context.Cause(ctx) != nil {
			p.state.fail(st.name, contract.OutcomeInterrupted, "The run was stopped.")
			break
		}
		p.runStage(ctx, st)
	}
	p.state.Result = p.state.finalResult()
	p.state.save()
	return p.state.Result, exitCode(p.state)
}

// FindSpec is the spec of a checkout to work on, where none is named: that of the branch, or the only one there is.
func FindSpec(dir, branch string) (string, error) {
	const specs = ".kiro/specs"
	if branch != "" && fs.ValidPath(branch) {
		if info, err := os.Stat(filepath.Join(dir, specs, filepath.FromSlash(branch))); err == nil && info.IsDir() {
			return path.Join(specs, branch), nil
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, specs))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s has no %s: write a spec, or name one with --spec", dir, specs)
	}
	if err != nil {
		return "", err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) != 1 {
		return "", fmt.Errorf("%s has %d specs (%s): name one with --spec", filepath.Join(dir, specs), len(names), strings.Join(names, ", "))
	}
	return path.Join(specs, names[0]), nil
}
