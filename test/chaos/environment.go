// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// environmentStream tells the random numbers of this file from the seed's others.
const environmentStream = 0x0e

// lookAtUsers is how often the environment's controller looks whether items keep an environment that is being deleted.
const lookAtUsers = 5 * time.Second

// planEnvironmentDeletions has environments deleted, as by a wrong commit, and made again some time later. Whether that cancels
// their items is the environment's to say.
//
// It draws from a stream of its own, so that the seeds without it have the history that they had before there was any.
func (s *simulation) planEnvironmentDeletions() {
	random := rand.New(rand.NewPCG(s.seed, environmentStream))
	for _, c := range s.clusters {
		deleted, cancels := random.Float64() < 0.15, random.Float64() < 0.4
		in := time.Minute + time.Duration(random.Int64N(int64(24*time.Minute)))
		away := time.Duration(random.Int64N(int64(20 * time.Minute)))
		if !deleted {
			continue
		}
		if cancels {
			c.onDelete, c.env.Spec.OnDelete = v1alpha1.OnDeleteCancel, v1alpha1.OnDeleteCancel
		}
		s.plan(in, func() { s.deleteEnvironment(c, away) })
	}
}

// deleteEnvironment is kubectl delete.
func (s *simulation) deleteEnvironment(c *cluster, away time.Duration) {
	if c.gone || c.env == nil {
		return
	}
	env := c.env.DeepCopy()
	at := metav1.NewTime(s.now.Truncate(time.Second))
	env.DeletionTimestamp = &at
	s.say("%s: the environment is deleted, onDelete %s", c.name, env.Spec.OnDelete)
	c.putEnvironment(env)
	s.plan(lookAtUsers, func() { s.releaseEnvironment(c, away) })
}

// releaseEnvironment is what the environment's controller does: it removes the finalizer once no item keeps the environment, as
// the leader's cache has the items, which may be behind.
func (s *simulation) releaseEnvironment(c *cluster, away time.Duration) {
	if c.gone {
		return
	}
	if len(c.managers) == 0 || s.environmentUsed(c, c.managers[len(c.managers)-1].cache) {
		s.plan(lookAtUsers, func() { s.releaseEnvironment(c, away) })
		return
	}
	made := c.env.DeepCopy()
	made.DeletionTimestamp = nil
	s.say("%s: the environment is gone", c.name)
	c.putEnvironment(nil)
	s.plan(away, func() {
		s.say("%s: the environment is made again", c.name)
		c.putEnvironment(made)
	})
}

func (s *simulation) environmentUsed(c *cluster, k *cache) bool {
	for _, name := range k.names() {
		item := k.items[name]
		unreported := item.Finished() && !item.IsTrue(v1alpha1.ConditionConcluded) && item.DeletionTimestamp.IsZero()
		if item.AttemptActive() || unreported || c.cancels() && !item.Done() {
			return true
		}
	}
	return false
}

// cancels reports whether the deletion of the cluster's environment ends its items. No seed changes its mind.
func (c *cluster) cancels() bool { return c.onDelete == v1alpha1.OnDeleteCancel }

// environmentLost checks that nothing was stopped or ended because of an environment whose deletion is to wait.
func (t *invariants) environmentLost(c *cluster, next *v1alpha1.WorkItem) {
	if next == nil || c.cancels() {
		return
	}
	a := next.Status.Attempt
	stopped := a != nil && a.StopReason == v1alpha1.ReasonEnvironmentDeleted
	if stopped || next.Condition(v1alpha1.ConditionSucceeded).Reason == v1alpha1.ReasonEnvironmentDeleted {
		t.s.fail(&t.s.counts.Lost, "item %s of cluster %s is ended because of an environment that comes back", next.Name, c.name)
	}
}

// hasEnvironment reports whether something may start: the environment exists, and the leader knows it.
func (c *cluster) hasEnvironment() bool {
	usable := func(env *v1alpha1.WorkEnvironment) bool { return env != nil && env.DeletionTimestamp.IsZero() }
	return usable(c.env) && usable(c.managers[len(c.managers)-1].cache.env)
}
