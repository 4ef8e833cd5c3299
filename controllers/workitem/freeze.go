// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// attemptOf is the attempt that holds a lock, with the ids that its build is given and all that stopping it will need. A
// change of the environment counts from the next attempt.
func attemptOf(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, held lock.Lock, traced bool) v1alpha1.Attempt {
	accepted, number := item.Status.Accepted, locks.NextNumber(item)
	timeout := item.Spec.BuildTimeout(&env.Spec)
	last := policy.LastTry(item, env)
	ids := contract.Parameters{
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
		LockRegion:           env.Spec.Lock.Region,
		CorrelationID:        item.Status.CorrelationID,
		ParametersSHA256:     contract.FrozenSHA256(held.Parameters),
	}
	traceID := ""
	if traced {
		traceID, ids.TraceParent = contract.TraceID(held.LockID), contract.TraceParent(held.LockID)
	}
	return v1alpha1.Attempt{
		Number: number, LockID: held.LockID, Fence: held.Fence, Last: last, Trigger: *item.Status.ObservedTrigger, TraceID: traceID,
		Parameters: v1alpha1.FrozenParameters{
			Repository: item.Spec.Repository, Branch: item.Spec.Branch, SpecPath: accepted.SpecPath,
			Commit: accepted.Commit, PullRequest: accepted.PullRequest,
			AWS: env.Spec.AWS, LockRegion: env.Spec.LockAccess().Region, TableName: env.Spec.Lock.TableName,
			LeaseDuration: metav1.Duration{Duration: ids.LeaseDuration},
			ProjectName:   env.Spec.CodeBuild.ProjectName, ProjectARN: env.Status.ProjectARN,
			SlotKey: held.SlotKey, BranchKey: held.BranchKey, CardKey: held.CardKey, Budgets: held.Budgets,
			Timeout:       metav1.Duration{Duration: timeout},
			QueuedTimeout: metav1.Duration{Duration: env.Spec.QueuedTimeout()},
			StartRetry:    env.Spec.Retry.StartBuild,
			Environment:   assignments(ids.Variables()),
		},
	}
}

// assignments are variables as "NAME=value".
func assignments(variables []contract.Variable) []string {
	all := make([]string, 0, len(variables))
	for _, v := range variables {
		all = append(all, v.Name+"="+v.Value)
	}
	return all
}
