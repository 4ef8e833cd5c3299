// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// ResultVersion is the version of the result document that this code writes.
const ResultVersion = 1

// MaxResultBytes bounds a result document: a DynamoDB item holds 400 KiB, and a hostile build could fill it.
const MaxResultBytes = 32 << 10

// Stage is one of the worker's nine pipeline stages.
type Stage string

// The stages, in their order.
const (
	StageClaim       Stage = "claim"
	StageCheckout    Stage = "checkout"
	StageValidate    Stage = "validate"
	StageSteer       Stage = "steer"
	StageAgent       Stage = "agent"
	StageTest        Stage = "test"
	StageCoverage    Stage = "coverage"
	StagePullRequest Stage = "pull-request"
	StageUpload      Stage = "upload"
	StageCleanup     Stage = "cleanup"
)

// Stages are all stages, in their order.
var Stages = []Stage{
	StageClaim, StageCheckout, StageValidate, StageSteer, StageAgent, StageTest, StageCoverage, StagePullRequest, StageUpload, StageCleanup,
}

// Gate is the state of one gate. The zero value is not measured, which is not passed.
type Gate string

const (
	// GateNotMeasured was not reached, or nothing could be measured. It counts as failed.
	GateNotMeasured Gate = ""
	// GatePassed was measured and passed.
	GatePassed Gate = "passed"
	// GateFailed was measured and failed.
	GateFailed Gate = "failed"
)

// Tests is what a run of the tests gave, in numbers of test cases.
type Tests struct {
	Total   int32 `json:"total"`
	Passed  int32 `json:"passed"`
	Failed  int32 `json:"failed"`
	Skipped int32 `json:"skipped,omitempty"`
}

// Coverage is measured coverage in percent. A nil metric was not in the report.
type Coverage struct {
	Lines      *float64 `json:"lines,omitempty"`
	Functions  *float64 `json:"functions,omitempty"`
	Branches   *float64 `json:"branches,omitempty"`
	Statements *float64 `json:"statements,omitempty"`
}

// ChangedLines is how many of the lines that the work changed ran.
type ChangedLines struct {
	Covered int64 `json:"covered"`
	Total   int64 `json:"total"`
	// Percent is nil where there was nothing to measure.
	Percent *float64 `json:"percent,omitempty"`
}

// MaxCosts is of how many tasks a result has the costs.
const MaxCosts = 50

// TaskCost is what the agent says that a task cost, over all tries.
type TaskCost struct {
	// Task is its number, at most 64 bytes.
	Task    string  `json:"task"`
	Credits float64 `json:"credits,omitempty"`
	Tokens  int64   `json:"tokens,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

// Tasks counts the spec's tasks.
type Tasks struct {
	Done  int32 `json:"done"`
	Total int32 `json:"total"`
}

// StageTime is when a stage of the worker began and how long it took.
type StageTime struct {
	Name    Stage     `json:"name"`
	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`
	// Traced says that the worker sent the stage's span itself. Of the others the controller sends it.
	Traced bool `json:"traced,omitempty"`
}

// Known reports whether it is of a stage that this version knows, and took a time that a stage can take: the document is a
// build's.
func (s StageTime) Known() bool {
	return slices.Contains(Stages, s.Name) && s.Seconds >= 0 && s.Seconds <= maxStageSeconds
}

// maxStageSeconds is longer than CodeBuild lets any build run.
const maxStageSeconds = 36 * 60 * 60

// Result is what an attempt came to, as the worker recorded it in the lock rows.
type Result struct {
	// Version of the document.
	Version int `json:"version"`
	// Outcome of the attempt.
	Outcome Outcome `json:"outcome"`
	// FailedStage is the first stage that failed; empty on success.
	FailedStage Stage `json:"failedStage,omitempty"`
	// Message says to a person what happened and what to do, in one line.
	Message string `json:"message,omitempty"`
	// Commit is the branch's head after the work, in hex.
	Commit string `json:"commit,omitempty"`
	// Tasks of the spec.
	Tasks Tasks `json:"tasks"`
	// OpenTasks are the numbers of the tasks that are not done, of at most 64 bytes each; the first MaxCosts of them.
	OpenTasks []string `json:"openTasks,omitempty"`
	// Credits and AgentSeconds are what the agent says that its work cost; zero where it does not say.
	Credits      float64 `json:"credits,omitempty"`
	AgentSeconds float64 `json:"agentSeconds,omitempty"`
	// AgentTokens are those that the agent says went in and out, what was read from a cache among them; zero where it does not
	// say.
	AgentTokens int64 `json:"agentTokens,omitempty"`
	// Stages are the stages that were done when the document was written, in the order in which they began.
	Stages []StageTime `json:"stages,omitempty"`
	// TestsGate and Tests are what the tests gave.
	TestsGate Gate   `json:"testsGate,omitempty"`
	Tests     *Tests `json:"tests,omitempty"`
	// CoverageGate and Coverage are what was measured.
	CoverageGate Gate      `json:"coverageGate,omitempty"`
	Coverage     *Coverage `json:"coverage,omitempty"`
	// ChangedLines is the coverage of the lines that the work changed; nil where that is no gate.
	ChangedLines *ChangedLines `json:"changedLines,omitempty"`
	// Costs are what the agent says that each task of this attempt cost; those of the first MaxCosts tasks.
	Costs []TaskCost `json:"costs,omitempty"`
	// Rounds are the attempt's repair rounds, at most MaxRounds.
	Rounds []Round `json:"rounds,omitempty"`
	// ArtifactsURL is where the artifacts lie, as s3://bucket/prefix/.
	ArtifactsURL string `json:"artifactsURL,omitempty"`
	// PullRequestURL is the pull request's address.
	PullRequestURL string `json:"pullRequestURL,omitempty"`
	// PullRequestUpdated is true if the worker reported to the pull request what happened. Where it is not, the
	// controller does.
	PullRequestUpdated bool `json:"pullRequestUpdated,omitempty"`
	// Fingerprint is of what the attempt left behind: the branch's files, tasks done, failed tests, coverage, and what was
	// changed and not pushed. It is a SHA-256 in hex; two attempts with the same one came to the same. Empty if the branch
	// was not checked out.
	Fingerprint string `json:"fingerprint,omitempty"`
	// SteeringVersion is the version of the Power whose steering files were used.
	SteeringVersion string `json:"steeringVersion,omitempty"`
}

// Succeeded reports whether the work was done: the worker says so and every gate was measured and passed.
func (r Result) Succeeded() bool {
	return r.Outcome == OutcomeSucceeded && r.TestsGate == GatePassed && r.CoverageGate == GatePassed
}

// Encode writes the result as the lock rows hold it. It fails if the document is over MaxResultBytes.
func (r Result) Encode() (string, error) {
	r.Version = ResultVersion
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encoding the result: %w", err)
	}
	if len(b) > MaxResultBytes {
		return "", fmt.Errorf("the result has %d bytes; at most %d are allowed", len(b), MaxResultBytes)
	}
	return string(b), nil
}

// outcomeForm is what an outcome looks like. A newer worker may know more outcomes than we do, but one that the API
// server would refuse as a condition's reason must not get into a status: it could never be written.
var outcomeForm = regexp.MustCompile(`^[A-Z][A-Za-z]{0,62}$`)

// ParseResult decodes a result as the lock rows hold it. A version that is newer than ours is read as far as it
// is known; an unreadable one is an error, never a success.
func ParseResult(text string) (Result, error) {
	var r Result
	if len(text) > MaxResultBytes {
		return Result{}, fmt.Errorf("the result has %d bytes; at most %d are allowed", len(text), MaxResultBytes)
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Result{}, fmt.Errorf("decoding the result: %w", err)
	}
	if r.Version < 1 || !outcomeForm.MatchString(string(r.Outcome)) {
		return Result{}, fmt.Errorf("decoding the result: version %d with outcome %q is not a result", r.Version, r.Outcome)
	}
	return r, nil
}
