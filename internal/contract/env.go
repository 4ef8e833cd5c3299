// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Names of the variables that a build is given. The first six are as old as the project's first build and are
// kept for the sake of buildspecs that know them. No secret's value is ever among them: secrets are named by
// ARN and read in the build.
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
	EnvBucket               = "KIRO_WORKER_BUCKET"
	EnvLockRegion           = "KIRO_WORKER_LOCK_REGION"
	EnvCorrelationID        = "KIRO_WORKER_CORRELATION_ID"
	EnvGitHubAPIURL         = "KIRO_WORKER_GITHUB_API_URL"
	EnvGitSecretARN         = "KIRO_WORKER_GIT_SECRET_ARN"   //nolint:gosec // the name of a variable that names a secret
	EnvAgentSecretARN       = "KIRO_WORKER_AGENT_SECRET_ARN" //nolint:gosec // the name of a variable that names a secret
	EnvBuildTimeout         = "KIRO_WORKER_BUILD_TIMEOUT"
	EnvSettings             = "KIRO_WORKER_SETTINGS"
	EnvLogLevel             = "LOG_LEVEL"
)

// Time-outs of a build where the environment sets none.
const (
	// DefaultTestTimeout is how long the test command may run.
	DefaultTestTimeout = 15 * time.Minute
	// DefaultTaskTimeout is how long the agent may work on one task.
	DefaultTaskTimeout = 20 * time.Minute
	// DefaultSilenceTimeout is how long the agent may write nothing.
	DefaultSilenceTimeout = 10 * time.Minute
)

// What becomes of an attempt where something that could be measured is not there.
const (
	Ignore = "Ignore"
	Fail   = "Fail"
)

// Settings is what of an environment's gates, agent, steering and retries a build is given, as one JSON
// document in EnvSettings: structure that flat variables would lose.
type Settings struct {
	TestCommand     string   `json:"testCommand,omitempty"`
	SetupCommand    string   `json:"setupCommand,omitempty"`
	TestResults     []string `json:"testResults,omitempty"`
	CoverageReports []string `json:"coverageReports,omitempty"`
	// MissingMetrics and UncoveredBoxes are Ignore or Fail; empty is Ignore.
	MissingMetrics string `json:"missingMetrics,omitempty"`
	UncoveredBoxes string `json:"uncoveredBoxes,omitempty"`
	// ChangedLines is the lowest coverage, in percent, of the lines that the work changed; nil is no gate.
	ChangedLines *int `json:"changedLines,omitempty"`
	// ProtectedPaths are what the agent must not change, or what is named if it does.
	ProtectedPaths []ProtectedPath `json:"protectedPaths,omitempty"`
	TestTimeout    Duration        `json:"testTimeout,omitempty"`
	// Env are the environment's own variables. They are for setup, agent and tests alone: as variables of the build they
	// would be the worker's and git's too, which take proxies, certificates and the like from there.
	Env []Variable `json:"env,omitempty"`
	// SecretEnv are variables whose values are secrets. They are for setup and tests alone, and read in the build.
	SecretEnv []SecretVariable `json:"secretEnv,omitempty"`

	AgentPreset    string   `json:"agentPreset,omitempty"`
	AgentHarness   string   `json:"agentHarness,omitempty"`
	AgentCommand   []string `json:"agentCommand,omitempty"`
	TaskTimeout    Duration `json:"taskTimeout,omitempty"`
	SilenceTimeout Duration `json:"silenceTimeout,omitempty"`
	// AgentTotalTimeout is how long all tasks together may take; zero is what the build leaves.
	AgentTotalTimeout Duration `json:"agentTotalTimeout,omitempty"`

	SteeringSource string `json:"steeringSource,omitempty"`
	SteeringRef    string `json:"steeringRef,omitempty"`
	SteeringPath   string `json:"steeringPath,omitempty"`
	// SteeringInclusion is always, auto or manual; empty leaves steering as it is.
	SteeringInclusion string `json:"steeringInclusion,omitempty"`

	// ArtifactsKMSKeyARN is the key that uploads are encrypted with; empty leaves it to the bucket.
	ArtifactsKMSKeyARN string `json:"artifactsKMSKeyARN,omitempty"`

	RetryGit       Retry `json:"retryGit,omitzero"`
	RetryGitHub    Retry `json:"retryGitHub,omitzero"`
	RetryS3        Retry `json:"retryS3,omitzero"`
	RetryDynamoDB  Retry `json:"retryDynamoDB,omitzero"`
	RetryAgentTask Retry `json:"retryAgentTask,omitzero"`
}

// Parameters is everything that a build is given.
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
	Bucket        string
	LockRegion    string // the lock table's; empty is the region that the build runs in
	CorrelationID string

	GitHubAPIURL   string // empty is github.com
	GitSecretARN   string // empty uses GitHubTokenSecretARN
	AgentSecretARN string // empty gives the agent none
	BuildTimeout   time.Duration
	Settings       Settings
}

// Variable is one plain-text variable of a build.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
}

// SecretVariable is a variable whose value is a secret's.
type SecretVariable struct {
	Name string `json:"name"`
	// SecretARN is the secret's.
	SecretARN string `json:"secretARN"`
}

// Variables encodes the parameters, in a fixed order. Empty optional ones are left out.
func (p Parameters) Variables() ([]Variable, error) {
	settings, err := json.Marshal(p.Settings)
	if err != nil {
		return nil, fmt.Errorf("encoding the build's settings: %w", err)
	}
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
		{EnvBucket, p.Bucket},
		{EnvLockRegion, p.LockRegion},
		{EnvCorrelationID, p.CorrelationID},
		{EnvGitHubAPIURL, p.GitHubAPIURL},
		{EnvGitSecretARN, p.GitSecretARN},
		{EnvAgentSecretARN, p.AgentSecretARN},
		{EnvBuildTimeout, p.BuildTimeout.String()},
		{EnvSettings, string(settings)},
	}
	kept := all[:0]
	for _, v := range all {
		if v.Value != "" {
			kept = append(kept, v)
		}
	}
	return kept, nil
}

// ParametersFrom decodes what Variables encoded; lookup is os.LookupEnv in a build. Its error names every
// variable that is missing or wrong at once.
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
		Bucket:               r.text(EnvBucket),
		LockRegion:           r.optional(EnvLockRegion),
		CorrelationID:        r.text(EnvCorrelationID),
		GitHubAPIURL:         r.optional(EnvGitHubAPIURL),
		GitSecretARN:         r.optional(EnvGitSecretARN),
		AgentSecretARN:       r.optional(EnvAgentSecretARN),
		BuildTimeout:         r.duration(EnvBuildTimeout),
	}
	if text := r.text(EnvSettings); text != "" {
		if err := json.Unmarshal([]byte(text), &p.Settings); err != nil {
			r.fail(EnvSettings, err)
		}
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

func (r *reader) duration(name string) time.Duration {
	text := r.text(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		r.fail(name, errors.New("is not a duration"))
	}
	return d
}

// ProtectedPath is a part of the repository that decides what is measured, or what runs elsewhere.
type ProtectedPath struct {
	// Glob is a pattern of paths.
	Glob string `json:"glob"`
	// NameOnly names a change in the pull request and lets it be.
	NameOnly bool `json:"nameOnly,omitempty"`
}
