// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func (m *model) result(now time.Time, projects ...string) Result {
	m.forgetProbes()
	m.now = now
	var grants []Grant
	for _, p := range projects {
		if m.projects[p] != nil {
			grants = append(grants, m.decide(p, now)...)
		}
	}
	return Result{Grants: grants}
}

func (m *model) all() []string {
	var names []string
	for name := range m.projects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (m *model) Rebuild(items []Item, now time.Time) Result {
	m.items, m.rebuilt = map[string]*modelItem{}, true
	for name := range m.projects {
		m.projects[name] = &modelProject{}
	}
	for _, b := range m.brakes {
		b.probe = ""
	}
	for _, i := range items {
		m.items[i.Key] = &modelItem{Item: i}
	}
	return m.result(now, m.all()...)
}

func (m *model) Put(item Item, now time.Time) Result {
	is := m.settings[item.Environment].Project
	old, ok := m.items[item.Key]
	if !ok {
		m.items[item.Key] = &modelItem{Item: item}
		return m.result(now, is)
	}
	if old.Environment != item.Environment {
		from := m.settings[old.Environment].Project
		if b := m.brake(old.Environment); b.probe == item.Key {
			b.probe = ""
		}
		m.items[item.Key] = &modelItem{Item: item}
		return m.result(now, from, is)
	}
	if item.Active || item.Attempt > old.Attempt {
		m.items[item.Key] = &modelItem{Item: item}
		return m.result(now, is)
	}
	if item.NotBefore.After(now) && !old.Item.same(item) {
		old.grant = nil
	}
	old.Item = item
	return m.result(now, is)
}

func (m *model) Remove(key string, now time.Time) Result {
	i, ok := m.items[key]
	if !ok {
		return m.result(now)
	}
	delete(m.items, key)
	return m.result(now, m.settings[i.Environment].Project)
}

func (m *model) Configure(name Environment, s Settings, now time.Time) Result {
	was := m.settings[name]
	m.settings[name] = s
	if was.Generation != s.Generation {
		m.brakes[name] = &brake{}
	}
	if was.Project == s.Project {
		return m.result(now, s.Project)
	}
	for _, i := range m.in(name) {
		i.grant = nil
	}
	if was.Project != "" && len(m.environments(was.Project)) == 0 {
		delete(m.projects, was.Project)
	}
	if s.Project != "" && m.projects[s.Project] == nil {
		m.projects[s.Project] = &modelProject{}
	}
	return m.result(now, was.Project, s.Project)
}

func (m *model) set(project string, n int, r Row, now time.Time) {
	p := m.projects[project]
	if i := m.holder(project, p.rows[n]); i != nil && !r.Held && p.others > 0 {
		if _, ours := m.use(project); ours*(p.others+1) > m.settings[i.Environment].Concurrency {
			p.rest[n] = now.Add(restTime)
		}
	}
	p.rows[n] = r
}

func (m *model) Slots(name string, l Look, now time.Time) Result {
	p, ok := m.projects[name]
	if !ok {
		return m.result(now)
	}
	if p.looks.record(l.At) {
		p.others = l.Others
		for n, r := range l.Rows {
			if !r.Held {
				r = Row{}
			}
			if p.changed[n].Before(l.At) {
				m.set(name, n, r, now)
			}
		}
	}
	return m.result(now, name)
}

func (m *model) LookFailed(name string, now time.Time) Result {
	if p, ok := m.projects[name]; ok {
		p.looks.fail(now)
	}
	return m.result(now, name)
}

func (m *model) Released(name string, n int, was Row, now time.Time) Result {
	if p, ok := m.projects[name]; ok {
		if r := p.rows[n]; !r.Held || (r.Holder == was.Holder && r.Attempt <= was.Attempt) {
			p.changed[n] = now
			m.set(name, n, Row{}, now)
		}
	}
	return m.result(now, name)
}

func (m *model) Acquired(key string, n int, attempt int32, now time.Time) Result {
	i, ok := m.items[key]
	if !ok {
		return m.result(now)
	}
	name := m.settings[i.Environment].Project
	if p, ok := m.projects[name]; ok {
		p.changed[n] = now
		m.set(name, n, Row{Held: true, Holder: key, Attempt: attempt}, now)
	}
	return m.result(now, name)
}

func (m *model) Refused(key string, reason Refusal, until, now time.Time) Result {
	i, ok := m.items[key]
	if !ok {
		return m.result(now)
	}
	if !i.Active {
		i.grant = nil
		i.refusals++
		i.refusedUntil, i.branchRefused = until, reason == RefusedBranch
	}
	name := m.settings[i.Environment].Project
	if p, ok := m.projects[name]; ok && reason == RefusedSlot {
		p.looks.doubt(now)
	}
	return m.result(now, name)
}

func (m *model) Concluded(name Environment, key string, outcome contract.Outcome, now time.Time) Result {
	m.brake(name).conclude(key, outcome, now)
	return m.result(now, m.settings[name].Project)
}

func (m *model) RestoreBrake(name Environment, reason contract.Outcome, since, now time.Time) Result {
	m.brake(name).apply(reason, since, now)
	return m.result(now, m.settings[name].Project)
}

// Tick decides in every project: were the Manager's next time too late, it would not.
func (m *model) Tick(now time.Time) Result { return m.result(now, m.all()...) }

func (m *model) Place(key string) Place {
	i, ok := m.items[key]
	switch {
	case !ok || i.Active:
		return Place{}
	case i.grant != nil:
		return Place{Granted: true, Grant: *i.grant}
	case i.later(m.now) && i.holdsBranch(m.now):
		return Place{Reason: ReasonBranchHeld}
	case i.later(m.now):
		return Place{Reason: ReasonBackingOff}
	case slices.Contains(m.ready(i.Environment, m.now), i):
		return Place{Reason: ReasonNotFirst}
	}
	return Place{Reason: ReasonBranchHeld}
}

func (m *model) Snapshot(name Environment) Snapshot {
	s := Snapshot{Brake: m.brake(name).status()}
	for _, i := range m.in(name) {
		if i.Active {
			continue
		}
		s.Length++
		if i.grant != nil {
			s.Granted++
		}
		if s.OldestSince.IsZero() || i.Since.Before(s.OldestSince) {
			s.OldestSince = i.Since
		}
		if len(s.First) < 10 {
			s.First = append(s.First, Waiting{Name: i.Name, Priority: i.Priority, Since: i.Since})
		}
	}
	return s
}

// LooksDue: somebody waits for a look, and the last one that counts, or that failed, was a while ago.
func (m *model) LooksDue(now time.Time) []string {
	var due []string
	for _, name := range m.all() {
		p := m.projects[name]
		waits := p.looks.known && m.wants(name, now)
		for _, e := range m.environments(name) {
			waits = waits || !p.looks.known && m.settings[e].Usable &&
				slices.ContainsFunc(m.in(e), func(i *modelItem) bool { return i.candidate(now) })
		}
		if m.rebuilt && waits && !p.looks.again(now).After(now) {
			due = append(due, name)
		}
	}
	return due
}

func (m *model) Demand(name string) time.Time {
	if p, ok := m.projects[name]; ok {
		return p.wanting
	}
	return time.Time{}
}

// Next is not the model's to say: the history checks the Manager's by what comes of it.
func (m *model) Next() time.Time { return time.Time{} }
