// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// document is one artifact, and how its content is written. It is not redacted yet.
type document struct {
	name        string // behind the prefix
	contentType string
	write       func(ctx context.Context, s *State, w io.Writer) error
}

// documents write a build's artifacts from its state and its files.
type documents struct {
	repo       *gitrepo.Repository
	dir        buildDir
	buildLog   string
	parameters contract.Parameters
	build      Build
	version    string
	clock      clock.PassiveClock
}

// all are the artifacts in the order in which they are uploaded.
func (d documents) all() []document {
	const jsonType, textType = "application/json", "text/plain; charset=utf-8"
	return []document{
		{"diffs/changes.diff", "text/x-diff; charset=utf-8", d.writeDiff},
		{"reports/test-results.json", jsonType, d.writeTests},
		{"reports/coverage-report.json", jsonType, d.writeCoverage},
		{"logs/kiro-cli.log", textType, d.writeAgentLog},
		// Late, so that it says as much as possible.
		{"logs/build.log", textType, d.writeBuildLog},
		// Last: it has the outcome, which an upload that failed before it changes.
		{metadataFile, jsonType, d.writeMetadata},
	}
}

// ending ends a copy with its context: taking secrets out of a log that is made for it takes long.
type ending struct {
	ctx context.Context //nolint:containedctx // it is one copy's
	to  io.Writer
}

// Write implements io.Writer.
func (e ending) Write(p []byte) (int, error) {
	if err := context.Cause(e.ctx); err != nil {
		return 0, err
	}
	return e.to.Write(p)
}

// copyFile copies a file; one that was never written is empty.
func copyFile(w io.Writer, name string) error {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	_, err = io.Copy(w, file)
	return err
}

// writeAgentLog is what the agent wrote, with what a run that was cut short had written to standard error.
func (d documents) writeAgentLog(_ context.Context, _ *State, w io.Writer) error {
	return errors.Join(copyFile(w, d.dir.path(agentLog)), copyFile(w, d.dir.path(agentLog+runSuffix)), copyFile(w, d.dir.path(agentErrors)))
}

// writeBuildLog is the worker's own log, and behind it what the setup and test commands wrote.
func (d documents) writeBuildLog(_ context.Context, _ *State, w io.Writer) error {
	if err := copyFile(w, d.buildLog); err != nil {
		return err
	}
	names := []string{setupLog, setupLog + runSuffix}
	for round := range contract.MaxRounds + 1 {
		for n := range maxTestCommands {
			names = append(names, testLog(n, round))
		}
	}
	for _, name := range names {
		if _, err := os.Stat(d.dir.path(name)); err != nil {
			continue
		}
		if _, err := fmt.Fprintf(w, "\n===== %s\n", name); err != nil {
			return err
		}
		if err := copyFile(w, d.dir.path(name)); err != nil {
			return err
		}
	}
	return nil
}

// writeDiff is all that this attempt changed, with what a failed task left behind.
func (d documents) writeDiff(ctx context.Context, s *State, w io.Writer) error {
	to := s.Result.Commit
	if s.Unfinished != "" {
		to = s.Unfinished
	}
	if s.Base == "" || to == s.Base {
		return nil
	}
	return d.repo.WriteDiff(ctx, w, s.Base, to)
}

// testDocument is reports/test-results.json.
type testDocument struct {
	Version int             `json:"version"`
	Gate    contract.Gate   `json:"gate"`
	Tests   *contract.Tests `json:"tests,omitempty"`
	Failed  []string        `json:"failed,omitempty"`
	Files   []string        `json:"files,omitempty"`
}

func (d documents) writeTests(_ context.Context, s *State, w io.Writer) error {
	r := s.Result
	return writeJSON(w, testDocument{Version: 1, Gate: r.TestsGate, Tests: r.Tests, Failed: s.FailedTests, Files: s.TestFiles})
}

// coverageDocument is reports/coverage-report.json.
type coverageDocument struct {
	Version   int                `json:"version"`
	Gate      contract.Gate      `json:"gate"`
	Threshold int                `json:"threshold"`
	Coverage  *contract.Coverage `json:"coverage,omitempty"`
	Format    string             `json:"format,omitempty"`
	Files     []string           `json:"files,omitempty"`
}

func (d documents) writeCoverage(_ context.Context, s *State, w io.Writer) error {
	r := s.Result
	return writeJSON(w, coverageDocument{
		Version: 1, Gate: r.CoverageGate, Threshold: d.parameters.CoverageThreshold,
		Coverage: r.Coverage, Format: s.CoverageFormat, Files: s.CoverageFiles,
	})
}

func writeJSON(w io.Writer, document any) error {
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
