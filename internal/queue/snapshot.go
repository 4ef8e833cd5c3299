// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// shown is how many of a queue's first a snapshot names.
const shown = 10

// Snapshot is an environment's queue as people are shown it.
type Snapshot struct {
	// Length is how many items wait, whatever for.
	Length int
	// OldestSince is since when the one waits that has waited the longest; zero if none does.
	OldestSince time.Time
	// First are the first ten that wait, in the order of Order: those that are passed over are among them.
	First []Waiting
	// Granted is how many of them may acquire a slot now.
	Granted int
	// Brake is the environment's.
	Brake Brake
}

// Waiting is one item that waits.
type Waiting struct {
	Name     string
	Priority int32
	Since    time.Time
}

// Brake says whether an environment's infrastructure fails, so that one item at a time is tried. The zero Brake is
// released.
type Brake struct {
	Applied bool
	// Reason is what the last attempts failed with.
	Reason contract.Outcome
	// Since is when it was applied.
	Since time.Time
	// Failures is how many probes failed, with the failure that applied it.
	Failures int
	// Probe is the key of the item that is being tried; without one the next is tried at RetryAt.
	Probe   string
	RetryAt time.Time
}

// Snapshot shows an environment's queue. It costs as much for ten thousand as for ten.
func (m *Manager) Snapshot(name Environment) Snapshot {
	q, ok := m.queues[name]
	if !ok {
		return Snapshot{}
	}
	s := Snapshot{Length: q.order.len(), Granted: q.grants, Brake: q.brake.status()}
	if e, ok := q.since.min(); ok {
		s.OldestSince = e.Since
	}
	for _, e := range q.order.first(shown) {
		s.First = append(s.First, Waiting{Name: e.Name, Priority: e.Priority, Since: e.Since})
	}
	return s
}

// Place is where an item is. One that the queues do not know has the zero Place.
func (m *Manager) Place(key string) Place {
	e, ok := m.entries[key]
	if !ok {
		return Place{}
	}
	switch e.state {
	case granted:
		return Place{Granted: true, Grant: e.grant}
	case later:
		if e.holdsBranch() {
			return Place{Reason: ReasonBranchHeld}
		}
		return Place{Reason: ReasonBackingOff}
	case blocked:
		return Place{Reason: ReasonBranchHeld}
	case ready:
		return Place{Reason: ReasonNotFirst}
	}
	return Place{}
}

// Next is when Tick is to be called; zero is never.
func (m *Manager) Next() time.Time { return m.projects.next() }

// LooksDue names the projects whose slots are to be looked at now.
func (m *Manager) LooksDue(now time.Time) []string {
	if !m.projects.granting {
		return nil
	}
	var names []string
	for _, p := range m.projects.byName {
		if due := p.lookDue(now); !due.IsZero() && !due.After(now) {
			names = append(names, p.name)
		}
	}
	return names
}

// Demand is since when a project has an item that is ready and finds no slot; zero if it has none. It is what other clusters are shown.
func (m *Manager) Demand(name string) time.Time {
	if p, ok := m.projects.find(name); ok {
		return p.wantingSince
	}
	return time.Time{}
}

func (b *brake) status() Brake {
	if !b.applied {
		return Brake{}
	}
	return Brake{Applied: true, Reason: b.reason, Since: b.since, Failures: b.failures, Probe: b.probe, RetryAt: b.retryAt}
}
