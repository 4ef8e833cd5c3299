// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"cmp"
	"hash/fnv"
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Manager holds the queues of all environments, and what is known of their projects' slots. It is not safe for
// concurrent use.
type Manager struct {
	start    int
	rebuilt  bool
	entries  map[string]*entry
	queues   map[Environment]*queue
	projects []*project // by name
	timers   heap[*project]
}

// NewManager returns a Manager of a cluster. It grants nothing before Rebuild.
func NewManager(cluster string) *Manager {
	h := fnv.New32a()
	_, _ = h.Write([]byte(cluster)) // never fails
	return &Manager{
		start: int(h.Sum32() % contract.MaxSlots), entries: map[string]*entry{}, queues: map[Environment]*queue{},
		timers: heap[*project]{
			place: func(p *project) *int { return &p.at },
			less: func(a, b *project) bool {
				return !a.next.IsZero() && (b.next.IsZero() || a.next.Before(b.next))
			},
		},
	}
}

// Rebuild builds the queues from all items that wait or are worked on, and begins to grant. It is called once a
// leadership, with the cache's list. Settings stay; what was known of slots and grants does not.
func (m *Manager) Rebuild(items []Item, now time.Time) Result {
	for _, e := range m.entries {
		m.remove(e)
	}
	for _, p := range m.projects {
		p.forget()
	}
	for _, item := range items {
		m.put(item, now)
	}
	m.rebuilt = true
	var grants []Grant
	for _, p := range m.projects {
		grants = m.decide(p, now, grants)
	}
	return m.result(grants)
}

// Put records an item that waits or is worked on, as its latest event shows it.
func (m *Manager) Put(item Item, now time.Time) Result {
	var grants []Grant
	for _, p := range m.put(item, now) {
		grants = m.decide(p, now, grants)
	}
	return m.result(grants)
}

// put returns the projects that the change concerns.
func (m *Manager) put(item Item, now time.Time) []*project {
	e, ok := m.entries[item.Key]
	switch {
	case ok && e.Item.same(item):
		return projects(e.queue)
	case ok && e.Environment == item.Environment:
		q := e.queue
		if e.BranchKey == item.BranchKey && e.Source == item.Source {
			q.change(e, now, func() { e.update(item, now) })
		} else {
			q.drop(e)
			e.update(item, now)
			q.add(e, now)
		}
		return projects(q)
	case ok:
		from := e.queue
		m.remove(e)
		return append(projects(from), m.put(item, now)...)
	}
	q := m.queue(item.Environment)
	e = &entry{Item: item}
	m.entries[item.Key] = e
	q.add(e, now)
	return projects(q)
}

// Remove takes out an item that neither waits nor is worked on any more.
func (m *Manager) Remove(key string, now time.Time) Result {
	e, ok := m.entries[key]
	if !ok {
		return m.result(nil)
	}
	q := e.queue
	m.remove(e)
	return m.decideFor(q, now)
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
		m.moveQueue(q, settings.Project, now)
	}
	m.tidy(q)
	var grants []Grant
	if from != nil && from != q.project && len(from.queues) > 0 {
		grants = m.decide(from, now, grants)
	}
	if q.project != nil {
		grants = m.decide(q.project, now, grants)
	}
	return m.result(grants)
}

// moveQueue gives a queue another project. The grants of the former one's slots end.
func (m *Manager) moveQueue(q *queue, name string, now time.Time) {
	for _, e := range q.members {
		if e.state == granted {
			q.change(e, now, func() { e.granted = false })
		}
	}
	if p := q.project; p != nil {
		for _, e := range q.members {
			p.unlink(e)
		}
		p.leave(q)
		q.project = nil
		if len(p.queues) == 0 {
			m.timers.remove(p)
			m.projects = slices.DeleteFunc(m.projects, func(other *project) bool { return other == p })
		}
	}
	if name == "" {
		return
	}
	q.project = m.project(name)
	q.project.join(q)
	for _, e := range q.members {
		q.project.link(e)
	}
}

func (m *Manager) findProject(name string) (*project, bool) {
	i, ok := m.search(name)
	if !ok {
		return nil, false
	}
	return m.projects[i], true
}

func (m *Manager) search(name string) (int, bool) {
	return slices.BinarySearchFunc(m.projects, name, func(p *project, name string) int { return cmp.Compare(p.name, name) })
}

func (m *Manager) project(name string) *project {
	i, ok := m.search(name)
	if ok {
		return m.projects[i]
	}
	p := &project{name: name, start: m.start, lookup: func(key string) *entry { return m.entries[key] }}
	m.projects = slices.Insert(m.projects, i, p)
	m.timers.push(p)
	return p
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

func (m *Manager) decideFor(q *queue, now time.Time) Result {
	if q.project == nil {
		return m.result(nil)
	}
	return m.result(m.decide(q.project, now, nil))
}

func (m *Manager) result(grants []Grant) Result { return Result{Grants: grants, Next: m.Next()} }

func projects(q *queue) []*project {
	if q.project == nil {
		return nil
	}
	return []*project{q.project}
}
