// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
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

// FrozenVersion is the version of the Frozen document that this code writes.
const FrozenVersion = 1

// MaxFrozenBytes bounds the document. A row holds 400 KB, and a result beside this.
const MaxFrozenBytes = 64 << 10

// Frozen is what an environment froze for the worker of one attempt. It is in the lock's branch row, because a build's
// variables hold little; who may write the table does not choose what a build does all the same, because the build knows
// the document's hash.
type Frozen struct {
	// Version of the document.
	Version        int      `json:"version"`
	Bucket         string   `json:"bucket"`
	GitHubAPIURL   string   `json:"gitHubAPIURL,omitempty"`   // empty is github.com
	GitSecretARN   string   `json:"gitSecretARN,omitempty"`   // empty uses GitHubTokenSecretARN
	AgentSecretARN string   `json:"agentSecretARN,omitempty"` // empty gives the agent none
	BuildTimeout   Duration `json:"buildTimeout"`
	Settings       Settings `json:"settings"`
	// FollowUp says which of what people left on the pull request is worked off once every task is done; nil is nothing.
	FollowUp *FollowUp `json:"followUp,omitempty"`
	// Previous is the attempt before; nil if there was none, or nothing is known of it.
	Previous *Previous `json:"previous,omitempty"`
}

// FollowUp says what of a pull request is worked off.
type FollowUp struct {
	// Reviews: conversations of reviews that nobody resolved.
	Reviews bool `json:"reviews,omitempty"`
}

// Previous is how the attempt before ended.
type Previous struct {
	Attempt int32   `json:"attempt"`
	Outcome Outcome `json:"outcome"`
	// Message is what its result said, in one line.
	Message string `json:"message,omitempty"`
}

// Encode writes the document, and its hash in hex. It fails if the document is over MaxFrozenBytes.
func (f Frozen) Encode() (text, sha256Hex string, err error) {
	f.Version = FrozenVersion
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(f); err != nil {
		return "", "", fmt.Errorf("encoding the build's parameters: %w", err)
	}
	text = strings.TrimSuffix(out.String(), "\n")
	if len(text) > MaxFrozenBytes {
		return "", "", fmt.Errorf("what the environment says to its builds has %d bytes as one document; at most %d are allowed: "+
			"make spec.codeBuild.env, spec.gates or spec.agent shorter, or put long values into files of the repository", len(text), MaxFrozenBytes)
	}
	return text, FrozenSHA256(text), nil
}

// FrozenSHA256 is a document's hash, in hex.
func FrozenSHA256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// FrozenFrom decodes a document if it has this hash.
func FrozenFrom(text, sha256Hex string) (Frozen, error) {
	var f Frozen
	switch {
	case len(text) > MaxFrozenBytes:
		return f, fmt.Errorf("the lock's row holds parameters of %d bytes; at most %d are allowed", len(text), MaxFrozenBytes)
	case FrozenSHA256(text) != sha256Hex:
		return f, errors.New("the lock's row holds other parameters than the build was started with")
	}
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return Frozen{}, fmt.Errorf("decoding the build's parameters: %w", err)
	}
	if f.Version < 1 || f.Bucket == "" || f.BuildTimeout <= 0 {
		return Frozen{}, fmt.Errorf("decoding the build's parameters: version %d with bucket %q and time-out %s is incomplete",
			f.Version, f.Bucket, f.BuildTimeout)
	}
	return f, nil
}

// Settings is what of an environment's gates, agent, steering and retries a build is given.
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
	// RepositoryFile lets the repository's default branch have a say, in its .kiro/worker.yaml.
	RepositoryFile bool `json:"repositoryFile,omitempty"`
	// Env are the environment's own variables. They are for setup, agent and tests alone: as variables of the build they
	// would be the worker's and git's too, which take proxies, certificates and the like from there.
	Env []Variable `json:"env,omitempty"`
	// SecretEnv are variables whose values are secrets. They are for setup and tests alone, and read in the build.
	SecretEnv []SecretVariable `json:"secretEnv,omitempty"`

	AgentPreset  string   `json:"agentPreset,omitempty"`
	AgentHarness string   `json:"agentHarness,omitempty"`
	AgentCommand []string `json:"agentCommand,omitempty"`
	// Prompt is the template of the agent's prompt; PromptFile where the repository's default branch has one. Both empty: the
	// worker's own.
	Prompt     string `json:"prompt,omitempty"`
	PromptFile string `json:"promptFile,omitempty"`
	// AgentResume goes on with the agent's session from task to task.
	AgentResume    bool     `json:"agentResume,omitempty"`
	TaskTimeout    Duration `json:"taskTimeout,omitempty"`
	SilenceTimeout Duration `json:"silenceTimeout,omitempty"`
	// AgentTotalTimeout is how long all tasks together may take; zero is what the build leaves.
	AgentTotalTimeout Duration `json:"agentTotalTimeout,omitempty"`

	// KeepUnfinished commits what an agent had done of a task when its time was over.
	KeepUnfinished bool `json:"keepUnfinished,omitempty"`
	// RepairRounds is how often in an attempt the agent is asked to repair what was measured; zero is never.
	RepairRounds int `json:"repairRounds,omitempty"`

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

// SecretVariable is a variable whose value is a secret's.
type SecretVariable struct {
	Name string `json:"name"`
	// SecretARN is the secret's.
	SecretARN string `json:"secretARN"`
}

// ProtectedPath is a part of the repository that decides what is measured, or what runs elsewhere.
type ProtectedPath struct {
	// Glob is a pattern of paths.
	Glob string `json:"glob"`
	// NameOnly names a change in the pull request and lets it be.
	NameOnly bool `json:"nameOnly,omitempty"`
}
