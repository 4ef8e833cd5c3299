// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"slices"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// entryOf is an item as the queue sees it, if it waits or is worked on.
func entryOf(item *v1alpha1.WorkItem, now time.Time) (queue.Item, bool) {
	active := item.AttemptActive() && !item.Finished()
	if !active && !item.Waits() {
		return queue.Item{}, false
	}
	entry := queue.Item{
		Entry: queue.Entry{
			Key: string(item.UID), Name: item.Name, Priority: item.Spec.Priority, CreatedAt: item.QueuedAt(), BranchKey: branchKey(item, active),
		},
		Environment: environmentOf(item), Since: items.WaitingSince(item), Attempt: locks.NextNumber(item), Active: active,
	}
	if ref := item.Spec.SourceRef; ref != nil {
		entry.Source = ref.Name
	}
	if !active && policy.BackingOff(now, item) > 0 {
		entry.NotBefore = item.Status.Retries.NotBefore.Time
	}
	return entry, true
}

// branchKey is the lock's own. An attempt keeps the branch that it froze.
func branchKey(item *v1alpha1.WorkItem, active bool) string {
	switch {
	case active:
		return item.Status.Attempt.Parameters.BranchKey
	case item.Status.Accepted == nil:
		return ""
	}
	return locks.BranchKey(item)
}

func environmentOf(item *v1alpha1.WorkItem) queue.Environment {
	return queue.Environment{Namespace: item.Namespace, Name: item.Spec.EnvironmentRef.Name}
}

func nameOf(env *v1alpha1.WorkEnvironment) queue.Environment {
	return queue.Environment{Namespace: env.Namespace, Name: env.Name}
}

// settingsOf is what an environment says of its queue.
func settingsOf(env *v1alpha1.WorkEnvironment) queue.Settings {
	settings := queue.Settings{
		Concurrency: env.Spec.MaxConcurrency(), Suspend: env.Spec.Suspend, Generation: env.Generation,
		Usable: env.DeletionTimestamp.IsZero() && env.Status.ProjectARN != "" && policy.Usable(env),
	}
	if env.Spec.Queueing == v1alpha1.QueueingFairBySource {
		settings.Queueing = queue.FairBySource
	}
	if env.Status.ProjectARN != "" {
		settings.Project = projectOf(env)
	}
	return settings
}

// Project names what slots belong to: a CodeBuild project in a lock table.
func Project(region, tableName, projectARN string) string {
	return strings.Join([]string{region, tableName, projectARN}, " ")
}

func projectOf(env *v1alpha1.WorkEnvironment) string {
	return Project(env.Spec.LockAccess().Region, env.Spec.Lock.TableName, env.Status.ProjectARN)
}

// slotOf is a slot's number.
func slotOf(projectARN, slotKey string) (int, bool) {
	n := slices.Index(contract.SlotKeys(projectARN), slotKey)
	return n, n >= 0
}
