// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"hash/fnv"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Manager holds the queues of all environments, and what is known of their projects' slots. It is not safe for
// concurrent use.
type Manager struct {
	entries  map[string]*entry
	queues   map[Environment]*queue
	projects *projects
}

// NewManager returns a Manager of a cluster. It grants nothing before Rebuild.
func NewManager(cluster string) *Manager {
	h := fnv.New32a()
	_, _ = h.Write([]byte(cluster)) // never fails
	m := &Manager{entries: map[string]*entry{}, queues: map[Environment]*queue{}}
	m.projects = newProjects(int(h.Sum32()%contract.MaxSlots), func(key string) *entry { return m.entries[key] })
	return m
}

// Rebuild builds the queues from all items that wait or are worked on, and begins to grant. It is called once a
// leadership, with the cache's list. Settings stay; what was known of slots and grants does not.
func (m *Manager) Rebuild(items []Item, now time.Time) Result {
	for _, e := range m.entries {
		m.remove(e)
	}
	for _, p := range m.projects.byName {
		p.forget()
	}
	for _, item := range items {
		m.put(item, now)
	}
	m.projects.granting = true
	return m.decide(now, m.projects.byName...)
}

// Put records an item that waits or is worked on, as its latest event shows it.
func (m *Manager) Put(item Item, now time.Time) Result {
	return m.decide(now, m.put(item, now)...)
}

// put returns the projects that the change concerns.
func (m *Manager) put(item Item, now time.Time) []*project {
	e, ok := m.entries[item.Key]
	switch {
	case ok && e.Item.same(item):
		return []*project{e.queue.project}
	case ok && e.Environment == item.Environment:
		q := e.queue
		if e.BranchKey == item.BranchKey && e.Source == item.Source {
			q.change(e, now, func() { e.update(item, now) })
		} else {
			q.drop(e)
			e.update(item, now)
			q.add(e, now)
		}
		return []*project{q.project}
	case ok:
		from := e.queue.project
		m.remove(e)
		return append([]*project{from}, m.put(item, now)...)
	}
	q := m.queue(item.Environment)
	e = &entry{Item: item}
	m.entries[item.Key] = e
	q.add(e, now)
	return []*project{q.project}
}

// Remove takes out an item that neither waits nor is worked on any more.
func (m *Manager) Remove(key string, now time.Time) Result {
	e, ok := m.entries[key]
	if !ok {
		return m.decide(now)
	}
	q := e.queue
	m.remove(e)
	return m.decide(now, q.project)
}

func (m *Manager) remove(e *entry) {
	q := e.queue
	q.drop(e)
	delete(m.entries, e.Key)
	if q.brake.probe == e.Key {
		q.brake.probe = "" // nothing is heard of it any more: another one is tried
	}
	m.tidy(q)
}

// Configure records what an environment says of its queue.
func (m *Manager) Configure(name Environment, settings Settings, now time.Time) Result {
	q := m.queue(name)
	was, from := q.settings, q.project
	q.settings = settings
	if was.Queueing != settings.Queueing {
		q.regroup(now)
	}
	if was.Generation != settings.Generation {
		q.brake = brake{}
	}
	if was.Project != settings.Project {
		m.moveQueue(q, now)
	}
	m.tidy(q)
	if from == q.project {
		return m.decide(now, q.project)
	}
	return m.decide(now, from, q.project)
}

// moveQueue gives a queue the project that its settings name. The grants of the former one's slots end.
func (m *Manager) moveQueue(q *queue, now time.Time) {
	for _, e := range q.members {
		if e.state == granted {
			q.change(e, now, func() { e.granted = false })
		}
	}
	if q.project != nil {
		m.projects.leave(q)
	}
	if q.settings.Project != "" {
		m.projects.join(q.settings.Project, q)
	}
}

func (m *Manager) queue(name Environment) *queue {
	q, ok := m.queues[name]
	if !ok {
		q = newQueue(name)
		m.queues[name] = q
	}
	return q
}

// tidy forgets a queue that has neither settings nor items, and no failures to remember.
func (m *Manager) tidy(q *queue) {
	if q.settings == (Settings{}) && len(q.members) == 0 && !q.brake.applied && len(q.brake.row) == 0 {
		delete(m.queues, q.name)
	}
}

// decide decides in the projects that a call concerns, one after the other; nil is none.
func (m *Manager) decide(now time.Time, concerned ...*project) Result {
	var grants []Grant
	for _, p := range concerned {
		if p != nil && len(p.queues) > 0 {
			grants = p.decide(now, grants)
		}
	}
	return Result{Grants: grants, Next: m.Next()}
}
