// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"io"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

const (
	metadataFile = "metadata.json"
	// metadataVersion is the version of metadata.json.
	metadataVersion = 1
)

// metadata is metadata.json: all that the work item's status shows, and more. No secret's value is in it, nor any
// environment variable but those named here.
type metadata struct {
	Version       int             `json:"version"`
	WorkerVersion string          `json:"workerVersion"`
	WorkItem      string          `json:"workItem"`
	CorrelationID string          `json:"correlationID"`
	Attempt       int32           `json:"attempt"`
	LastAttempt   bool            `json:"lastAttempt"`
	Environment   string          `json:"environment"`
	BuildARN      string          `json:"buildARN"`
	BuildURL      string          `json:"buildURL,omitempty"`
	Repository    string          `json:"repository"`
	Branch        string          `json:"branch"`
	PullRequest   int64           `json:"pullRequest"`
	SpecPath      string          `json:"specPath"`
	Accepted      string          `json:"acceptedCommit"`
	Base          string          `json:"baseCommit,omitempty"`
	Result        contract.Result `json:"result"`
	Stages        []stageTimes    `json:"stages"`
	Tasks         []TaskRecord    `json:"tasks,omitempty"`
	Rounds        []RoundRecord   `json:"rounds,omitempty"`
	FailedTests   []string        `json:"failedTests,omitempty"`
	Threshold     int             `json:"coverageThreshold"`
	Format        string          `json:"coverageFormat,omitempty"`
	Agent         string          `json:"agent"`
	Says          *RepositorySay  `json:"repositorySettings,omitempty"`
	Separation    string          `json:"separation,omitempty"`
	Notes         []string        `json:"notes,omitempty"`
	StartedAt     time.Time       `json:"startedAt"`
	WrittenAt     time.Time       `json:"writtenAt"`
}

type stageTimes struct {
	Name    contract.Stage `json:"name"`
	Began   time.Time      `json:"began"`
	Seconds float64        `json:"seconds"`
	Failure bool           `json:"failure,omitempty"`
}

func (d documents) writeMetadata(_ context.Context, s *State, w io.Writer) error {
	return writeJSON(w, d.metadata(s))
}

func (d documents) metadata(s *State) metadata {
	p := d.parameters
	m := metadata{
		Version: metadataVersion, WorkerVersion: d.version,
		WorkItem: p.WorkItem, CorrelationID: p.CorrelationID, Attempt: p.Attempt, LastAttempt: p.LastAttempt,
		Environment: p.Environment, BuildARN: d.build.ARN, BuildURL: d.build.URL,
		Repository: p.Repository, Branch: p.BranchName, PullRequest: p.PullRequest, SpecPath: p.SpecPath,
		Accepted: p.Commit, Base: s.Base, Result: s.finalResult(), Tasks: s.Tasks, Rounds: s.Rounds, FailedTests: s.FailedTests,
		Threshold: p.CoverageThreshold, Format: s.CoverageFormat, Agent: p.Settings.AgentPreset,
		Says: s.Repository, Separation: s.Separation, Notes: s.Notes, StartedAt: s.StartedAt, WrittenAt: d.clock.Now(),
	}
	for _, r := range s.Stages {
		t := stageTimes{Name: r.Name, Began: r.Began, Failure: r.Failure}
		if !r.Ended.IsZero() {
			t.Seconds = r.Ended.Sub(r.Began).Seconds()
		}
		m.Stages = append(m.Stages, t)
	}
	return m
}
