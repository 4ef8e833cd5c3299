// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// freeze makes the attempt that holds a lock, with all that its build is given and all that stopping it will
// need. A change of the environment counts from the next attempt.
func freeze(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, held lock.Lock, forgeURL string) (v1alpha1.Attempt, error) {
	accepted, number := item.Status.Accepted, locks.NextNumber(item)
	timeout := item.Spec.BuildTimeout(&env.Spec)
	last := policy.LastTry(item, env)
	parameters := contract.Parameters{
		Environment:          string(env.Spec.Tier),
		BranchName:           item.Spec.Branch,
		SpecPath:             accepted.SpecPath,
		CoverageThreshold:    env.Spec.Gates.Threshold(),
		LocksTableName:       env.Spec.Lock.TableName,
		GitHubTokenSecretARN: env.Spec.Credentials.GitHubTokenSecretARN,
		SlotKey:              held.SlotKey,
		BranchKey:            held.BranchKey,
		CardKey:              held.CardKey,
		LockID:               held.LockID,
		Fence:                held.Fence,
		Trigger:              item.Status.ObservedTrigger.Time,
		LastAttempt:          last,
		LeaseDuration:        env.Spec.LeaseDuration(),
		WorkItem:             item.Namespace + "/" + item.Name,
		Attempt:              number,
		Repository:           item.Spec.Repository,
		PullRequest:          accepted.PullRequest,
		Commit:               accepted.Commit,
		Bucket:               env.Spec.Artifacts.Bucket,
		LockRegion:           env.Spec.Lock.Region,
		CorrelationID:        item.Status.CorrelationID,
		GitHubAPIURL:         forgeURL,
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
		Number: number, LockID: held.LockID, Fence: held.Fence, Last: last, Trigger: *item.Status.ObservedTrigger,
		Parameters: v1alpha1.FrozenParameters{
			Repository: item.Spec.Repository, Branch: item.Spec.Branch, SpecPath: accepted.SpecPath,
			Commit: accepted.Commit, PullRequest: accepted.PullRequest,
			AWS: env.Spec.AWS, LockRegion: env.Spec.LockAccess().Region, TableName: env.Spec.Lock.TableName,
			LeaseDuration: metav1.Duration{Duration: parameters.LeaseDuration},
			ProjectName:   env.Spec.CodeBuild.ProjectName, ProjectARN: env.Status.ProjectARN,
			SlotKey: held.SlotKey, BranchKey: held.BranchKey, CardKey: held.CardKey,
			Timeout:       metav1.Duration{Duration: timeout},
			QueuedTimeout: metav1.Duration{Duration: env.Spec.QueuedTimeout()},
			StartRetry:    env.Spec.Retry.StartBuild,
			Environment:   buildEnvironment(variables),
		},
	}, nil
}

// buildEnvironment is what the build is started with. The environment's own variables are not among them but in the
// worker's settings: whoever may write a WorkEnvironment does not choose what the worker and git are given.
func buildEnvironment(parameters []contract.Variable) []string {
	all := make([]string, 0, len(parameters))
	for _, p := range parameters {
		all = append(all, p.Name+"="+p.Value)
	}
	return all
}

func settings(env *v1alpha1.WorkEnvironment) contract.Settings {
	gates, agent, retry := env.Spec.Gates, env.Spec.Agent, env.Spec.Retry
	s := contract.Settings{
		TestCommand: gates.TestCommand, SetupCommand: gates.SetupCommand,
		TestResults: gates.TestResults, CoverageReports: gates.CoverageReports, ProtectedPaths: protectedPaths(gates.ProtectedPaths),
		TestTimeout:    contract.Duration(gates.TestTimeoutOrDefault()),
		MissingMetrics: string(gates.MissingMetrics), UncoveredBoxes: string(gates.UncoveredBoxes),
		AgentPreset: string(agent.Preset), AgentHarness: string(agent.Harness), AgentCommand: agent.Command,
		TaskTimeout:        contract.Duration(agent.TaskTimeoutOrDefault()),
		SilenceTimeout:     contract.Duration(agent.SilenceTimeoutOrDefault()),
		ArtifactsKMSKeyARN: env.Spec.Artifacts.KMSKeyARN,
		RetryGit:           policy.RetryOf(retry.Git, contract.RetryGit),
		RetryGitHub:        policy.RetryOf(retry.GitHub, contract.RetryService),
		RetryS3:            policy.RetryOf(retry.S3, contract.RetryService),
		RetryDynamoDB:      policy.RetryOf(retry.DynamoDB, contract.RetryDynamoDB),
		RetryAgentTask:     policy.RetryOf(retry.AgentTask, contract.RetryAgentTask),
	}
	for _, v := range env.Spec.CodeBuild.Env {
		s.Env = append(s.Env, contract.Variable{Name: v.Name, Value: v.Value})
	}
	if agent.TotalTimeout != nil {
		s.AgentTotalTimeout = contract.Duration(agent.TotalTimeout.Duration)
	}
	if gates.ChangedLines != nil {
		s.ChangedLines = ptr.To(int(*gates.ChangedLines))
	}
	for _, v := range gates.SecretEnv {
		s.SecretEnv = append(s.SecretEnv, contract.SecretVariable{Name: v.Name, SecretARN: v.SecretARN})
	}
	if steering := env.Spec.Steering; steering != nil {
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
