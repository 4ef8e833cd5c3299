// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// window is one reconcile of an item, as far as its lock is concerned: the fewest slots of the project that were held at
// a time in it, from when the item had its own.
type window struct {
	uid     string
	project string
	own     bool
	fewest  int
	// most is the concurrency that the manager knew of when the reconcile began.
	most int
}

// closed is the window as it is now, when a write is sent: what the sender looked at came before, also if the write
// arrives only after another reconcile has begun. A change of the concurrency in between counts either way.
func (w *window) closed(concurrency int) window {
	c := *w
	c.most = max(c.most, concurrency)
	return c
}

// begins opens the window of a reconcile.
func (t *invariants) begins(m *manager, name string) {
	w := &window{project: m.cluster.account.arn, most: m.concurrency()}
	if item := m.cluster.items[name]; item != nil {
		w.uid = string(item.UID)
	}
	for key, row := range t.s.table.rows {
		if strings.HasPrefix(key, "slot#") && textOf(row[contract.AttrHolder]) == w.uid && stateOf(row).inProgress {
			w.own, w.fewest = true, t.held[w.project]
		}
	}
	m.windows[name] = w
}

// concurrency is that of the environment; of one that is gone, what it was at last: an attempt that read it before may begin.
func (m *manager) concurrency() int {
	if m.cache.env != nil {
		m.lastConcurrency = int(*m.cache.env.Spec.Concurrency)
	}
	return m.lastConcurrency
}

// slotsChanged follows how many slots of a project are held.
func (t *invariants) slotsChanged(was, is rowState) {
	if was.inProgress {
		t.held[was.project]--
		t.freedAt[was.holder] = t.s.now
	}
	if is.inProgress {
		t.held[is.project]++
	}
	for _, c := range t.s.clusters {
		for _, m := range c.managers {
			for _, w := range m.windows {
				switch {
				case is.inProgress && was.lockID != is.lockID && w.uid == is.holder:
					w.own, w.fewest = true, t.held[w.project]
				case w.own:
					w.fewest = min(w.fewest, t.held[w.project])
				}
			}
		}
	}
}

// wrote checks an item that a manager has written: an intent to start a build may only be written if the slots were not
// overdrawn the whole time.
func (t *invariants) wrote(m *manager, w window, old, next *v1alpha1.WorkItem) {
	a := next.Status.Attempt
	if a == nil || a.IntentTime == nil || a.Outcome != "" {
		return
	}
	if b := before(old); b != nil && b.LockID == a.LockID && b.IntentTime != nil {
		return
	}
	if w.own && w.fewest > w.most {
		t.s.fail(&t.s.counts.Double, "attempt %d of %s of cluster %s begins while %d slots are held, of %d",
			a.Number, next.Name, m.cluster.name, w.fewest, w.most)
	}
}

// written checks a new state of an item.
func (t *invariants) written(c *cluster, old, next *v1alpha1.WorkItem) {
	if next != nil && next.Status.Attempt != nil && next.Status.Attempt.IntentTime != nil {
		t.intended[next.Status.Attempt.LockID] = true
	}
	t.environmentLost(c, next)
	t.dependencies(c, old, next)
	if t.s.trace != nil {
		t.describe(c, old, next)
	}
}

func before(old *v1alpha1.WorkItem) *v1alpha1.Attempt {
	if old == nil {
		return nil
	}
	return old.Status.Attempt
}

// describe writes what has changed of an item to the history.
func (t *invariants) describe(c *cluster, old, next *v1alpha1.WorkItem) {
	if next == nil {
		t.s.say("%s: item %s is gone", c.name, old.Name)
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
			t.s.say("%s: item %s: %s=%s %s: %s", c.name, next.Name, k.Type, k.Status, k.Reason, k.Message)
		}
	}
	if a := next.Status.Attempt; a != nil {
		if b := before(old); b == nil || b.Number != a.Number || b.Outcome != a.Outcome {
			t.s.say("%s: item %s: attempt %d, lock %s, fence %d, outcome %q", c.name, next.Name, a.Number, brief(a.LockID), a.Fence, a.Outcome)
		}
	}
}
