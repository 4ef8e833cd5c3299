// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Slots records a look at a project's slots.
func (m *Manager) Slots(name string, l Look, now time.Time) Result {
	return m.inProject(name, now, func(p *project) { p.look(l, now) })
}

// LookFailed records that a look at a project's slots came to nothing. It is tried again after a while.
func (m *Manager) LookFailed(name string, now time.Time) Result {
	return m.inProject(name, now, func(p *project) { p.looks.fail(now) })
}

// Released records that a slot's row, as it was, was seen released.
func (m *Manager) Released(name string, slot int, was Row, now time.Time) Result {
	return m.inProject(name, now, func(p *project) {
		if slot >= 0 && slot < len(p.slots) {
			p.released(slot, was, now)
		}
	})
}

// Acquired records that an item has acquired a slot for an attempt.
func (m *Manager) Acquired(key string, slot int, attempt int32, now time.Time) Result {
	return m.ofItem(key, now, func(e *entry) {
		if p := e.queue.project; p != nil && slot >= 0 && slot < len(p.slots) {
			p.acquired(slot, Row{Held: true, Holder: key, Attempt: attempt}, now)
		}
	})
}

// Refused records that an item could not acquire what it was granted. Until a time others go first.
func (m *Manager) Refused(key string, reason Refusal, until, now time.Time) Result {
	return m.ofItem(key, now, func(e *entry) {
		q := e.queue
		if e.state != active {
			q.change(e, now, func() { e.refuse(until, reason == RefusedBranch) })
		}
		if reason == RefusedSlot && q.project != nil {
			q.project.looks.doubt(now)
		}
	})
}

// Concluded records how an item's attempt ended. It comes before the Put or Remove of the event that shows it, or the
// brake would not know its probe.
func (m *Manager) Concluded(name Environment, key string, outcome contract.Outcome, now time.Time) Result {
	q, ok := m.queues[name]
	if !ok {
		return m.decide(now)
	}
	q.brake.conclude(key, outcome, now)
	return m.decide(now, q.project)
}

// RestoreBrake applies an environment's brake again after a restart, as the environment's status says. It comes after
// Configure: a generation that is not known yet is a changed environment.
func (m *Manager) RestoreBrake(name Environment, reason contract.Outcome, since, now time.Time) Result {
	q := m.queue(name)
	q.brake.apply(reason, since, now)
	m.tidy(q)
	return m.decide(now, q.project)
}

// Tick does what time has made due.
func (m *Manager) Tick(now time.Time) Result {
	var due []*project
	for _, p := range m.projects.byName {
		if !p.next.IsZero() && !p.next.After(now) {
			due = append(due, p)
		}
	}
	return m.decide(now, due...)
}

// ofItem changes something of an item that is known.
func (m *Manager) ofItem(key string, now time.Time, change func(*entry)) Result {
	e, ok := m.entries[key]
	if !ok {
		return m.decide(now)
	}
	change(e)
	return m.decide(now, e.queue.project)
}

func (m *Manager) inProject(name string, now time.Time, change func(*project)) Result {
	p, ok := m.projects.find(name)
	if !ok {
		return m.decide(now)
	}
	change(p)
	return m.decide(now, p)
}
