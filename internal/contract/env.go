// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Names of the variables that a build is given. The first six are as old as the project's first build and are
// kept for the sake of buildspecs that know them. The rest are ids: what the environment froze for the worker is in the
// lock's row, and only its hash is here. No secret's value is ever among them: secrets are named by ARN and read in the
// build.
const (
	EnvEnvironment          = "ENVIRONMENT"
	EnvBranchName           = "BRANCH_NAME"
	EnvSpecPath             = "SPEC_PATH"
	EnvCoverageThreshold    = "COVERAGE_THRESHOLD"
	EnvLocksTableName       = "LOCKS_TABLE_NAME"
	EnvGitHubTokenSecretARN = "GITHUB_TOKEN_SECRET_ARN" //nolint:gosec // the name of a variable that names a secret

	EnvSlotKey              = "KIRO_WORKER_SLOT_KEY"
	EnvBranchKey            = "KIRO_WORKER_BRANCH_KEY"
	EnvCardKey              = "KIRO_WORKER_CARD_KEY"
	EnvLockID               = "KIRO_WORKER_LOCK_ID"
	EnvFence                = "KIRO_WORKER_FENCE"
	EnvTrigger              = "KIRO_WORKER_TRIGGER"
	EnvLastAttempt          = "KIRO_WORKER_LAST_ATTEMPT"
	EnvLeaseDurationSeconds = "KIRO_WORKER_LEASE_DURATION_SECONDS"
	EnvWorkItem             = "KIRO_WORKER_WORK_ITEM"
	EnvAttempt              = "KIRO_WORKER_ATTEMPT"
	EnvRepository           = "KIRO_WORKER_REPOSITORY"
	EnvPullRequest          = "KIRO_WORKER_PULL_REQUEST"
	EnvCommit               = "KIRO_WORKER_COMMIT"
	EnvLockRegion           = "KIRO_WORKER_LOCK_REGION"
	EnvCorrelationID        = "KIRO_WORKER_CORRELATION_ID"
	EnvParametersSHA256     = "KIRO_WORKER_PARAMETERS_SHA256"
	EnvLogLevel             = "LOG_LEVEL"
)

// Parameters is everything that a build is given: ids in its variables, and, once it has claimed its lock, what the
// environment froze for it.
type Parameters struct {
	Environment          string // the tier: test, staging or production
	BranchName           string // without refs/heads/
	SpecPath             string // relative to the repository
	CoverageThreshold    int    // percent
	LocksTableName       string
	GitHubTokenSecretARN string

	SlotKey       string
	BranchKey     string
	CardKey       string
	LockID        string
	Fence         int64
	Trigger       time.Time // millisecond precision
	LastAttempt   bool
	LeaseDuration time.Duration // whole seconds
	WorkItem      string        // "<namespace>/<name>"
	Attempt       int32
	Repository    string // "owner/name"
	PullRequest   int64
	Commit        string // hex; the checkout is at it or descends from it
	LockRegion    string // the lock table's; empty is the region that the build runs in
	CorrelationID string
	// ParametersSHA256 is of the document that the branch's row holds as AttrParameters. Another document is refused.
	ParametersSHA256 string
	// TraceParent is the trace that the build is a part of; empty where none is sent.
	TraceParent string

	Frozen
}

// Variable is one plain-text variable of a build.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
}

// Variables encodes the ids, in a fixed order. Empty optional ones are left out.
func (p Parameters) Variables() []Variable {
	all := []Variable{
		{EnvEnvironment, p.Environment},
		{EnvBranchName, p.BranchName},
		{EnvSpecPath, p.SpecPath},
		{EnvCoverageThreshold, strconv.Itoa(p.CoverageThreshold)},
		{EnvLocksTableName, p.LocksTableName},
		{EnvGitHubTokenSecretARN, p.GitHubTokenSecretARN},
		{EnvSlotKey, p.SlotKey},
		{EnvBranchKey, p.BranchKey},
		{EnvCardKey, p.CardKey},
		{EnvLockID, p.LockID},
		{EnvFence, strconv.FormatInt(p.Fence, 10)},
		{EnvTrigger, strconv.FormatInt(p.Trigger.UnixMilli(), 10)},
		{EnvLastAttempt, strconv.FormatBool(p.LastAttempt)},
		{EnvLeaseDurationSeconds, strconv.FormatInt(int64(p.LeaseDuration/time.Second), 10)},
		{EnvWorkItem, p.WorkItem},
		{EnvAttempt, strconv.Itoa(int(p.Attempt))},
		{EnvRepository, p.Repository},
		{EnvPullRequest, strconv.FormatInt(p.PullRequest, 10)},
		{EnvCommit, p.Commit},
		{EnvLockRegion, p.LockRegion},
		{EnvCorrelationID, p.CorrelationID},
		{EnvParametersSHA256, p.ParametersSHA256},
		{EnvTraceParent, p.TraceParent},
	}
	kept := all[:0]
	for _, v := range all {
		if v.Value != "" {
			kept = append(kept, v)
		}
	}
	return kept
}

// ParametersFrom decodes what Variables encoded; lookup is os.LookupEnv in a build. What the environment froze is not yet
// in it. Its error names every variable that is missing or wrong at once.
func ParametersFrom(lookup func(string) (string, bool)) (Parameters, error) {
	r := reader{lookup: lookup}
	p := Parameters{
		Environment:          r.text(EnvEnvironment),
		BranchName:           r.text(EnvBranchName),
		SpecPath:             r.text(EnvSpecPath),
		CoverageThreshold:    int(r.number(EnvCoverageThreshold)),
		LocksTableName:       r.text(EnvLocksTableName),
		GitHubTokenSecretARN: r.text(EnvGitHubTokenSecretARN),
		SlotKey:              r.text(EnvSlotKey),
		BranchKey:            r.text(EnvBranchKey),
		CardKey:              r.text(EnvCardKey),
		LockID:               r.text(EnvLockID),
		Fence:                r.number(EnvFence),
		Trigger:              time.UnixMilli(r.number(EnvTrigger)).UTC(),
		LastAttempt:          r.flag(EnvLastAttempt),
		LeaseDuration:        time.Duration(r.number(EnvLeaseDurationSeconds)) * time.Second,
		WorkItem:             r.text(EnvWorkItem),
		Attempt:              int32(r.number(EnvAttempt)), //nolint:gosec // bounded by the API's schema
		Repository:           r.text(EnvRepository),
		PullRequest:          r.number(EnvPullRequest),
		Commit:               r.text(EnvCommit),
		LockRegion:           r.optional(EnvLockRegion),
		CorrelationID:        r.text(EnvCorrelationID),
		ParametersSHA256:     r.text(EnvParametersSHA256),
		TraceParent:          r.optional(EnvTraceParent),
	}
	if p.CoverageThreshold < 0 || p.CoverageThreshold > 100 {
		r.fail(EnvCoverageThreshold, errors.New("must be 0 to 100"))
	}
	if len(r.errs) > 0 {
		return Parameters{}, fmt.Errorf("the build's environment is incomplete; builds are started by the controller: %w",
			errors.Join(r.errs...))
	}
	return p, nil
}

// reader collects what is wrong with the variables instead of stopping at the first.
type reader struct {
	lookup func(string) (string, bool)
	errs   []error
}

func (r *reader) fail(name string, err error) {
	r.errs = append(r.errs, fmt.Errorf("%s: %w", name, err))
}

func (r *reader) optional(name string) string {
	v, _ := r.lookup(name)
	return v
}

func (r *reader) text(name string) string {
	v, ok := r.lookup(name)
	if !ok || v == "" {
		r.fail(name, errors.New("is not set"))
	}
	return v
}

func (r *reader) number(name string) int64 {
	text := r.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		r.fail(name, errors.New("is not a whole number"))
	}
	return n
}

func (r *reader) flag(name string) bool {
	text := r.text(name)
	if text == "" {
		return false
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		r.fail(name, errors.New("is neither true nor false"))
	}
	return b
}
