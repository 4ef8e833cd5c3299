// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// frozen makes the attempt that holds a lock, with all that its build is given and all that stopping it will
// need. A change of the environment counts from the next attempt.
func frozen(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, held heldLock) (v1alpha1.Attempt, error) {
	accepted := item.Status.Accepted
	timeout := durationOr(env.Spec.CodeBuild.Timeout, 60*time.Minute)
	if item.Spec.Timeout != nil {
		timeout = item.Spec.Timeout.Duration
	}
	last := lastTry(item.Status.Retries.Work, policyOf(env.Spec.Retry.Work, workPolicy))
	parameters := contract.Parameters{
		Environment:          string(env.Spec.Tier),
		BranchName:           item.Spec.Branch,
		SpecPath:             accepted.SpecPath,
		CoverageThreshold:    int(valueOr(env.Spec.Gates.CoverageThreshold, 80)),
		LocksTableName:       env.Spec.Lock.TableName,
		GitHubTokenSecretARN: env.Spec.Credentials.GitHubTokenSecretARN,
		SlotKey:              held.SlotKey,
		BranchKey:            held.BranchKey,
		CardKey:              held.CardKey,
		LockID:               held.LockID,
		Fence:                held.Fence,
		Trigger:              item.Status.ObservedTrigger.Time,
		LastAttempt:          last,
		LeaseDuration:        durationOr(env.Spec.Lock.LeaseDuration, 90*time.Minute),
		WorkItem:             item.Namespace + "/" + item.Name,
		Attempt:              held.attempt,
		Repository:           item.Spec.Repository,
		PullRequest:          accepted.PullRequest,
		Commit:               accepted.Commit,
		Bucket:               env.Spec.Artifacts.Bucket,
		LockRegion:           env.Spec.Lock.Region,
		CorrelationID:        item.Status.CorrelationID,
		GitHubAPIURL:         held.apiURL,
		GitSecretARN:         env.Spec.Credentials.GitSecretARN,
		AgentSecretARN:       env.Spec.Credentials.AgentSecretARN,
		BuildTimeout:         timeout,
		Settings:             settings(env),
	}
	variables, err := parameters.Variables()
	if err != nil {
		return v1alpha1.Attempt{}, err
	}
	return v1alpha1.Attempt{
		Number: held.attempt, LockID: held.LockID, Fence: held.Fence, Last: last, Trigger: *item.Status.ObservedTrigger,
		Parameters: v1alpha1.FrozenParameters{
			Repository: item.Spec.Repository, Branch: item.Spec.Branch, SpecPath: accepted.SpecPath,
			Commit: accepted.Commit, PullRequest: accepted.PullRequest,
			AWS: env.Spec.AWS, LockRegion: env.Spec.LockAccess().Region, TableName: env.Spec.Lock.TableName,
			LeaseDuration: metav1.Duration{Duration: parameters.LeaseDuration},
			ProjectName:   env.Spec.CodeBuild.ProjectName, ProjectARN: env.Status.ProjectARN,
			SlotKey: held.SlotKey, BranchKey: held.BranchKey, CardKey: held.CardKey,
			Timeout:       metav1.Duration{Duration: timeout},
			QueuedTimeout: metav1.Duration{Duration: durationOr(env.Spec.CodeBuild.QueuedTimeout, 20*time.Minute)},
			StartRetry:    env.Spec.Retry.StartBuild,
			Environment:   buildEnvironment(env.Spec.CodeBuild.Env, variables),
		},
	}, nil
}

// buildEnvironment puts the environment's own variables before the worker's. A name that both have is the
// worker's: another value there would lead a build to another's lock.
func buildEnvironment(own []v1alpha1.EnvironmentVariable, parameters []contract.Variable) []v1alpha1.FrozenVariable {
	taken := make(map[string]bool, len(parameters))
	for _, p := range parameters {
		taken[p.Name] = true
	}
	var all []v1alpha1.FrozenVariable
	for _, v := range own {
		if !taken[v.Name] {
			all = append(all, v1alpha1.FrozenVariable(v))
		}
	}
	for _, p := range parameters {
		all = append(all, v1alpha1.FrozenVariable(p))
	}
	return all
}

func settings(env *v1alpha1.WorkEnvironment) contract.Settings {
	gates, agent, retry := env.Spec.Gates, env.Spec.Agent, env.Spec.Retry
	s := contract.Settings{
		TestCommand: gates.TestCommand, SetupCommand: gates.SetupCommand,
		TestResults: gates.TestResults, CoverageReports: gates.CoverageReports,
		TestTimeout: durationOr(gates.TestTimeout, 15*time.Minute),
		AgentPreset: string(agent.Preset), AgentCommand: agent.Command,
		TaskTimeout:    durationOr(agent.TaskTimeout, 20*time.Minute),
		SilenceTimeout: durationOr(agent.SilenceTimeout, 10*time.Minute),
		RetryGit:       policyOf(retry.Git, gitPolicy),
		RetryGitHub:    policyOf(retry.GitHub, servicePolicy),
		RetryS3:        policyOf(retry.S3, servicePolicy),
		RetryDynamoDB:  policyOf(retry.DynamoDB, dynamoDBPolicy),
		RetryAgentTask: policyOf(retry.AgentTask, agentTaskPolicy),
	}
	if steering := env.Spec.Steering; steering != nil {
		s.SteeringSource, s.SteeringRef, s.SteeringPath = steering.Source, steering.Ref, steering.Path
	}
	return s
}

func durationOr(d *metav1.Duration, fallback time.Duration) time.Duration {
	if d == nil {
		return fallback
	}
	return d.Duration
}

func valueOr[T any](v *T, fallback T) T {
	if v == nil {
		return fallback
	}
	return *v
}
