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
	"time"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/redact"
)

// uploadTimeout is how long one upload may take, retries of the client included.
const uploadTimeout = 2 * time.Minute

// artifact is one object, and how its content is written.
type artifact struct {
	name        string // behind the prefix
	contentType string
	write       func(ctx context.Context, w io.Writer) error
}

func (j *job) artifacts() []artifact {
	const jsonType, textType = "application/json", "text/plain; charset=utf-8"
	return []artifact{
		{"diffs/changes.diff", "text/x-diff; charset=utf-8", j.writeDiff},
		{"reports/test-results.json", jsonType, j.writeTests},
		{"reports/coverage-report.json", jsonType, j.writeCoverage},
		{"logs/kiro-cli.log", textType, j.writeAgentLog},
		// Late, so that it has the most to tell.
		{"logs/build.log", textType, j.writeBuildLog},
		// Last: it has the outcome, which an upload that failed before it changes.
		{metadataFile, jsonType, j.writeMetadata},
	}
}

// prefix is where the build's artifacts lie in the bucket.
func (j *job) prefix() string { return j.parameters.Environment + "/" + j.build.UUID + "/" }

func (j *job) artifactsURL() string { return "s3://" + j.parameters.Bucket + "/" + j.prefix() }

// upload puts the build's logs, reports and diff into the bucket. Everything passes redaction on its way to a file,
// and is sent from there: a retry sends the same bytes.
func upload(ctx context.Context, j *job) error {
	j.state.Result.ArtifactsURL = j.artifactsURL()
	j.leaveReports(ctx)
	var failures []error
	for _, a := range j.artifacts() {
		if a.name == metadataFile && len(failures) > 0 {
			j.fail(ctx, contract.StageUpload, errors.Join(failures...))
		}
		if err := j.uploadOne(ctx, a); err != nil {
			if isLost(ctx, err) || ctx.Err() != nil {
				return err
			}
			failures = append(failures, fmt.Errorf("uploading %s: %w", a.name, err))
			continue
		}
		logOf(ctx).V(1).Info("Artifact uploaded", keyObject, a.name)
	}
	return errors.Join(failures...)
}

func (j *job) uploadOne(ctx context.Context, a artifact) error {
	file, err := os.CreateTemp(j.dir, ".upload-*")
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := os.Remove(file.Name()); err != nil {
		return err
	}
	out := redact.NewWriter(file, j.redactor)
	if err := errors.Join(a.write(ctx, out), out.Close()); err != nil {
		return err
	}
	return j.retry(ctx, j.parameters.Settings.RetryS3.Or(contract.RetryService), "upload", func(ctx context.Context) error {
		return j.effect(ctx, uploadTimeout, func(ctx context.Context) error {
			if _, err := file.Seek(0, io.SeekStart); err != nil {
				return err
			}
			return j.ports.Artifacts.Put(ctx, j.parameters.Bucket, artifacts.Object{Key: j.prefix() + a.name, ContentType: a.contentType, Body: file})
		})
	})
}

// copyFile copies a file; one that was never written has nothing to say.
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
func (j *job) writeAgentLog(_ context.Context, w io.Writer) error {
	return errors.Join(copyFile(w, j.path(agentLog)), copyFile(w, j.path(agentErrors)))
}

// writeBuildLog is the worker's own log, and behind it what the setup and test commands wrote.
func (j *job) writeBuildLog(_ context.Context, w io.Writer) error {
	if err := copyFile(w, j.options.BuildLog); err != nil {
		return err
	}
	names := []string{setupLog}
	for n := range maxTestCommands {
		names = append(names, testLog(n))
	}
	for _, name := range names {
		if _, err := os.Stat(j.path(name)); err != nil {
			continue
		}
		if _, err := fmt.Fprintf(w, "\n===== %s\n", name); err != nil {
			return err
		}
		if err := copyFile(w, j.path(name)); err != nil {
			return err
		}
	}
	return nil
}

// writeDiff is all that this attempt changed, with what a failed task left behind.
func (j *job) writeDiff(ctx context.Context, w io.Writer) error {
	to := j.state.Result.Commit
	if j.state.Unfinished != "" {
		to = j.state.Unfinished
	}
	if j.state.Base == "" || to == j.state.Base {
		return nil
	}
	return j.repo.WriteDiff(ctx, w, j.state.Base, to)
}

// testDocument is reports/test-results.json.
type testDocument struct {
	Version int             `json:"version"`
	Gate    contract.Gate   `json:"gate"`
	Tests   *contract.Tests `json:"tests,omitempty"`
	Failed  []string        `json:"failed,omitempty"`
	Files   []string        `json:"files,omitempty"`
}

func (j *job) writeTests(_ context.Context, w io.Writer) error {
	r := j.state.Result
	return writeJSON(w, testDocument{Version: 1, Gate: r.TestsGate, Tests: r.Tests, Failed: j.state.FailedTests, Files: j.state.TestFiles})
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

func (j *job) writeCoverage(_ context.Context, w io.Writer) error {
	r := j.state.Result
	return writeJSON(w, coverageDocument{
		Version: 1, Gate: r.CoverageGate, Threshold: j.parameters.CoverageThreshold,
		Coverage: r.Coverage, Format: j.state.CoverageFormat, Files: j.state.CoverageFiles,
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
