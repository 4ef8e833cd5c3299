// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// written checks a new state of an item: an intent to start a build may only be written if the slots were not
// overdrawn at some time since the lock was taken.
func (t *truth) written(c *cluster, old, next *v1alpha1.WorkItem) {
	if t.s.trace != nil {
		t.describe(c, old, next)
	}
	if next == nil {
		return
	}
	a := next.Status.Attempt
	if a == nil || a.IntentTime == nil {
		return
	}
	if b := before(old); b != nil && b.LockID == a.LockID && b.IntentTime != nil {
		return
	}
	if most := c.peak(); t.fewest[a.LockID] > most {
		t.s.fail(&t.s.counts.Double, "attempt %d of %s of cluster %s begins with %d slots held, of %d", a.Number, next.Name, c.name, t.fewest[a.LockID], most)
	}
}

func before(old *v1alpha1.WorkItem) *v1alpha1.Attempt {
	if old == nil {
		return nil
	}
	return old.Status.Attempt
}

// peak is the highest concurrency that the cluster has had: a manager that stood still may go by an old one.
func (c *cluster) peak() int {
	most := *c.env.Spec.Concurrency
	for _, ch := range c.log {
		if ch.env != nil {
			most = max(most, *ch.env.Spec.Concurrency)
		}
	}
	return int(max(most, c.first))
}

// describe writes what has changed of an item to the history.
func (t *truth) describe(c *cluster, old, next *v1alpha1.WorkItem) {
	if next == nil {
		t.s.tell("%s: item %s is gone", c.name, old.Name)
		return
	}
	was := map[string]string{}
	if old != nil {
		for _, k := range old.Status.Conditions {
			was[k.Type] = string(k.Status) + k.Reason
		}
	}
	for _, k := range next.Status.Conditions {
		if k.Type != v1alpha1.ConditionReady && was[k.Type] != string(k.Status)+k.Reason {
			t.s.tell("%s: item %s: %s=%s %s: %s", c.name, next.Name, k.Type, k.Status, k.Reason, k.Message)
		}
	}
	if a := next.Status.Attempt; a != nil {
		if b := before(old); b == nil || b.Number != a.Number || b.Outcome != a.Outcome {
			t.s.tell("%s: item %s: attempt %d, lock %s, fence %d, outcome %q", c.name, next.Name, a.Number, brief(a.LockID), a.Fence, a.Outcome)
		}
	}
}
