// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

const (
	// forgiven is how long an item that was granted a slot may be passed over: until the grant has ended, and while it lets
	// others go first.
	forgiven = 5 * time.Minute
	// forgivenOverBudget is the same for an item that may be over a budget: others go first for five minutes.
	forgivenOverBudget = 2 * forgiven
	// oldestLook is how old a manager's look at the slots may be: a partition lasts up to fifteen minutes.
	oldestLook = 20 * time.Minute
	// mostReady is how long an item may be ready while a slot is free. Slots that another cluster frees are found by a look.
	mostReady = 3 * time.Minute
)

// grants checks that the item that is granted a slot is the first of those that could start, as the manager's cache shows
// them: by priority, then age, then name. What holds a slot already goes on, wherever it is in the queue.
func (t *invariants) grants(m *manager, name string) {
	x := m.cache.items[name]
	if x == nil || t.hasSlot(x) || t.s.now.Sub(m.thawed) < forgiven {
		return // who wakes up finds grants ended that it has only just made
	}
	for _, other := range m.cache.names() {
		y := m.cache.items[other]
		if y != x && precedes(y, x) && m.couldStart(y) {
			t.s.fail(&t.s.counts.Stuck, "%s grants a slot to %s, although %s is before it", m.name, name, other)
		}
	}
}

// hasSlot reports whether the item holds a slot, or did when the manager may have looked last.
func (t *invariants) hasSlot(item *v1alpha1.WorkItem) bool {
	if at, ok := t.freedAt[string(item.UID)]; ok && t.s.now.Sub(at) < oldestLook {
		return true
	}
	for key, row := range t.s.table.rows {
		if strings.HasPrefix(key, "slot#") && stateOf(row).inProgress && stateOf(row).holder == string(item.UID) {
			return true
		}
	}
	return false
}

// couldStart reports whether nothing that the manager may know of keeps a waiting item from its turn.
func (m *manager) couldStart(item *v1alpha1.WorkItem) bool {
	if !waits(item) || m.lately(item.Name) || overBudget(item) {
		return false
	}
	if at := item.Status.Retries.NotBefore; at != nil && at.After(m.Now()) {
		return false
	}
	for _, name := range m.cache.names() {
		z := m.cache.items[name]
		if z == item || z.Spec.Branch != item.Spec.Branch {
			continue
		}
		if z.AttemptActive() || m.lately(name) || (waits(z) && precedes(z, item)) {
			return false
		}
	}
	return true
}

func (m *manager) lately(name string) bool {
	at, ok := m.granted[name]
	most := forgiven
	if m.cluster.budgeted {
		most = forgivenOverBudget // its status may not say yet that it is over one
	}
	return ok && m.w.now.Sub(at) < most
}

func waits(item *v1alpha1.WorkItem) bool {
	return item.DeletionTimestamp.IsZero() && !item.Spec.Cancel && !item.Withdrawn() && !item.AttemptActive() && !item.Finished() &&
		item.IsTrue(v1alpha1.ConditionAccepted)
}

func precedes(a, b *v1alpha1.WorkItem) bool {
	switch {
	case a.Spec.Priority != b.Spec.Priority:
		return a.Spec.Priority > b.Spec.Priority
	case !a.QueuedAt().Equal(b.QueuedAt()):
		return a.QueuedAt().Before(b.QueuedAt())
	}
	return a.Name < b.Name
}

// idle checks, once the faults have ended, that no item that could start waits while a slot stays free.
func (t *invariants) idle() {
	for _, c := range t.s.clusters {
		free := !c.gone && len(c.managers) == 1 && c.hasEnvironment() && int(*c.env.Spec.Concurrency) > t.held[c.account.arn]-t.forsaken(c.account.arn)
		for _, name := range c.names() {
			key := c.name + "/" + name
			if !free || !t.ready(c.managers[0], name) {
				delete(t.readySince, key)
				continue
			}
			since, ok := t.readySince[key]
			if !ok {
				t.readySince[key] = t.s.now
			} else if t.s.now.Sub(since) > mostReady {
				t.s.fail(&t.s.counts.Stuck, "item %s of cluster %s waits since %s while a slot is free", name, c.name, since.Sub(epoch))
			}
		}
	}
}

// longOver is how long a lease is over before every manager's clock says so, beside what clocks are off: one that was ahead
// may have written its end, and one that is behind reads it.
const longOver = 5 * time.Minute

// forsaken is how many of a project's slots are held by locks that nobody claimed before their leases were over: the first
// that wants one may free it.
func (t *invariants) forsaken(project string) int {
	n := 0
	for key, row := range t.s.table.rows {
		is := stateOf(row)
		if strings.HasPrefix(key, "slot#") && is.inProgress && is.project == project && is.buildID == "" &&
			t.s.now.Sub(time.Unix(numberOf(row[contract.AttrExpiresAt]), 0)) > longOver+2*t.s.skew {
			n++
		}
	}
	return n
}

func (t *invariants) ready(m *manager, name string) bool {
	item := m.cache.items[name]
	if item == nil || item.Status.Accepted == nil || !m.couldStart(item) || t.s.now.Before(m.thawed) {
		return false
	}
	if s, _ := m.dispatcher.Snapshot(m.cache.environment()); s.Brake.Applied {
		return false
	}
	branch := contract.BranchKey(item.Status.Accepted.ForgeHost, item.Status.Accepted.RepositoryID, "refs/heads/"+item.Spec.Branch)
	return !stateOf(t.s.table.rows[branch]).inProgress
}
