// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package freeze is what of an environment the worker of an attempt is given, as one document. When it is given, and where
// it is kept, is for the controllers.
package freeze

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Of is the document for a build with this time-out, whose work is at this forge, and whose agent is asked by this template.
func Of(env *v1alpha1.WorkEnvironmentSpec, timeout time.Duration, forgeURL, prompt string) contract.Frozen {
	return contract.Frozen{
		Bucket:         env.Artifacts.Bucket,
		GitHubAPIURL:   forgeURL,
		GitSecretARN:   env.Credentials.GitSecretARN,
		AgentSecretARN: env.Credentials.AgentSecretARN,
		BuildTimeout:   contract.Duration(timeout),
		Settings:       settings(env, prompt),
	}
}

// With adds how the item's last attempt ended, for the next one's agent to know. What the status remembers is all that counts:
// asked twice of one status, it is the same document.
func With(f contract.Frozen, item *v1alpha1.WorkItem) contract.Frozen {
	for _, past := range slices.Backward(item.Status.PastAttempts) {
		if past.Outcome == string(contract.OutcomeAbandoned) {
			continue // it had no build
		}
		f.Previous = &contract.Previous{Attempt: past.Number, Outcome: contract.Outcome(past.Outcome), Message: past.Message}
		return f
	}
	return f
}

// maxPastMessage is the longest message of a past attempt that the schema allows, and \x01 a character that JSON writes longest.
const maxPastMessage = 512

// maxForgeURL is the longest address of a forge that the schema allows.
const maxForgeURL = 512

// Check reports what of the environment no build could be given, whatever its item says.
func Check(env *v1alpha1.WorkEnvironmentSpec, prompt string) error {
	if err := contract.CheckCommand(env.Agent.Command); err != nil {
		return fmt.Errorf("spec.agent.command: %w", err)
	}
	f := Of(env, env.BuildTimeout(), strings.Repeat("x", maxForgeURL), prompt)
	f.Previous = &contract.Previous{Attempt: 1 << 30, Outcome: contract.OutcomeCoverageNotMeasured, Message: strings.Repeat("\x01", maxPastMessage)}
	_, _, err := f.Encode()
	return err
}

func settings(env *v1alpha1.WorkEnvironmentSpec, prompt string) contract.Settings {
	gates, agent, retry := env.Gates, env.Agent, env.Retry
	s := contract.Settings{
		TestCommand: gates.TestCommand, SetupCommand: gates.SetupCommand,
		TestResults: gates.TestResults, CoverageReports: gates.CoverageReports, ProtectedPaths: protectedPaths(gates.ProtectedPaths),
		TestTimeout:    contract.Duration(gates.TestTimeoutOrDefault()),
		RepositoryFile: env.RepositoryFile != v1alpha1.RepositoryFileForbid,
		MissingMetrics: string(gates.MissingMetrics), UncoveredBoxes: string(gates.UncoveredBoxes),
		AgentPreset: string(agent.Preset), AgentHarness: string(agent.Harness), AgentCommand: agent.Command, Prompt: prompt,
		TaskTimeout:        contract.Duration(agent.TaskTimeoutOrDefault()),
		SilenceTimeout:     contract.Duration(agent.SilenceTimeoutOrDefault()),
		KeepUnfinished:     agent.KeepUnfinished,
		RepairRounds:       agent.RoundsOrDefault(),
		ArtifactsKMSKeyARN: env.Artifacts.KMSKeyARN,
		RetryGit:           retry.Git.Or(contract.RetryGit),
		RetryGitHub:        retry.GitHub.Or(contract.RetryService),
		RetryS3:            retry.S3.Or(contract.RetryService),
		RetryDynamoDB:      retry.DynamoDB.Or(contract.RetryDynamoDB),
		RetryAgentTask:     retry.AgentTask.Or(contract.RetryAgentTask),
	}
	for _, v := range env.CodeBuild.Env {
		s.Env = append(s.Env, contract.Variable{Name: v.Name, Value: v.Value})
	}
	if agent.TotalTimeout != nil {
		s.AgentTotalTimeout = contract.Duration(agent.TotalTimeout.Duration)
	}
	if agent.Prompt != nil {
		s.PromptFile = agent.Prompt.File
	}
	s.AgentResume = agent.Resume == v1alpha1.ResumeTasks
	if gates.ChangedLines != nil {
		s.ChangedLines = ptr.To(int(*gates.ChangedLines))
	}
	for _, v := range gates.SecretEnv {
		s.SecretEnv = append(s.SecretEnv, contract.SecretVariable{Name: v.Name, SecretARN: v.SecretARN})
	}
	if steering := env.Steering; steering != nil {
		s.SteeringSource, s.SteeringRef, s.SteeringPath = steering.Source, steering.Ref, steering.Path
		s.SteeringInclusion = string(steering.Inclusion)
	}
	return s
}

func protectedPaths(all []v1alpha1.ProtectedPath) []contract.ProtectedPath {
	var paths []contract.ProtectedPath
	for _, p := range all {
		paths = append(paths, contract.ProtectedPath{Glob: p.Glob, NameOnly: p.OnChange == v1alpha1.OnChangeName})
	}
	return paths
}
