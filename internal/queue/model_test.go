// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"cmp"
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// machine is what the Manager and its reference model have in common.
type machine interface {
	Rebuild(items []Item, now time.Time) Result
	Put(item Item, now time.Time) Result
	Remove(key string, now time.Time) Result
	Configure(name Environment, settings Settings, now time.Time) Result
	Slots(name string, l Look, now time.Time) Result
	LookFailed(name string, now time.Time) Result
	Released(name string, slot int, was Row, now time.Time) Result
	Acquired(key string, slot int, attempt int32, now time.Time) Result
	Refused(key string, reason Refusal, until, now time.Time) Result
	Concluded(name Environment, key string, outcome contract.Outcome, now time.Time) Result
	RestoreBrake(name Environment, reason contract.Outcome, since, now time.Time) Result
	Tick(now time.Time) Result
	Place(key string) Place
	Snapshot(name Environment) Snapshot
	LooksDue(now time.Time) []string
	Demand(name string) time.Time
	Next() time.Time
}

var _, _ machine = (*Manager)(nil), (*model)(nil)

// model is what the Manager promises, written down in the plainest way: it remembers what it was given, and for each
// decision it sorts all and picks. It shares with the Manager the order of two entries, the brake and the bookkeeping
// of looks, which have tables of their own; nothing of the heaps, branches, sources, counters and timers.
type model struct {
	start    int
	rebuilt  bool
	items    map[string]*modelItem
	settings map[Environment]Settings
	brakes   map[Environment]*brake
	projects map[string]*modelProject
	now      time.Time
}

type modelItem struct {
	Item
	grant         *Grant
	refusals      int
	refusedUntil  time.Time
	branchRefused bool
}

type modelProject struct {
	rows    [contract.MaxSlots]Row
	changed [contract.MaxSlots]time.Time
	rest    [contract.MaxSlots]time.Time
	looks   look
	others  int
	wanting time.Time
}

func newModel(cluster string) *model {
	return &model{
		start: NewManager(cluster).projects.start, items: map[string]*modelItem{}, settings: map[Environment]Settings{},
		brakes: map[Environment]*brake{}, projects: map[string]*modelProject{},
	}
}

func (i *modelItem) due() time.Time {
	if i.NotBefore.After(i.refusedUntil) {
		return i.NotBefore
	}
	return i.refusedUntil
}

func (i *modelItem) later(now time.Time) bool {
	return !i.Active && i.grant == nil && i.due().After(now)
}

func (i *modelItem) candidate(now time.Time) bool {
	return !i.Active && i.grant == nil && !i.due().After(now)
}

func (i *modelItem) holdsBranch(now time.Time) bool {
	return i.Active || i.grant != nil || (i.later(now) && i.branchRefused && !i.refusedUntil.Before(i.NotBefore))
}

// in are the items of an environment, sorted.
func (m *model) in(name Environment) []*modelItem {
	var found []*modelItem
	for _, i := range m.items {
		if i.Environment == name {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b *modelItem) int { return compare(a.Entry, b.Entry) })
	return found
}

// environments are those of a project, by name.
func (m *model) environments(project string) []Environment {
	var found []Environment
	for name, s := range m.settings {
		if s.Project == project {
			found = append(found, name)
		}
	}
	slices.SortFunc(found, Environment.compare)
	return found
}

// ready are an environment's items that may start, the next first.
func (m *model) ready(name Environment, now time.Time) []*modelItem {
	held := map[string]bool{}
	items := m.in(name)
	for _, i := range items {
		if i.BranchKey != "" && i.holdsBranch(now) {
			held[i.BranchKey] = true
		}
	}
	var ready []*modelItem
	for _, i := range items {
		if i.candidate(now) && !held[i.BranchKey] {
			ready = append(ready, i)
			held[i.BranchKey] = i.BranchKey != ""
		}
	}
	if m.settings[name].Queueing == FairBySource {
		slices.SortStableFunc(ready, func(a, b *modelItem) int {
			return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(m.usedBy(name, &a.Source), m.usedBy(name, &b.Source)))
		})
	}
	return ready
}

// usedBy is how many of an environment's items, of one source if one is given, use a slot.
func (m *model) usedBy(name Environment, source *string) int {
	used := 0
	for _, i := range m.in(name) {
		if (source == nil || i.Source == *source) && (i.grant != nil || m.named(i)) {
			used++
		}
	}
	return used
}

func (m *model) named(i *modelItem) bool {
	p, ok := m.projects[m.settings[i.Environment].Project]
	return ok && slices.ContainsFunc(p.rows[:], func(r Row) bool { return r.Held && r.Holder == i.Key })
}

func (m *model) open(name Environment, now time.Time) bool {
	s := m.settings[name]
	return s.Usable && !s.Suspend && m.brake(name).allows(now) && len(m.ready(name, now)) > 0
}

func (m *model) brake(name Environment) *brake {
	if m.brakes[name] == nil {
		m.brakes[name] = &brake{}
	}
	return m.brakes[name]
}

// holder is the item that a row names, if it is in one of the project's environments.
func (m *model) holder(project string, r Row) *modelItem {
	if i := m.items[r.Holder]; r.Held && i != nil && m.settings[i.Environment].Project == project {
		return i
	}
	return nil
}

// use counts the slots that are in use, and those of them that are ours.
func (m *model) use(project string) (all, ours int) {
	p := m.projects[project]
	for _, r := range p.rows {
		if r.Held {
			all++
		}
		if m.holder(project, r) != nil {
			ours++
		}
	}
	for _, i := range m.items {
		if i.grant == nil || m.settings[i.Environment].Project != project {
			continue
		}
		if p.rows[i.grant.Slot] != (Row{Held: true, Holder: i.Key, Attempt: i.grant.Attempt}) {
			all++
			ours++
		}
	}
	return all, ours
}

func (m *model) isGranted(project string, n int) bool {
	for _, i := range m.items {
		if i.grant != nil && i.grant.Slot == n && m.settings[i.Environment].Project == project {
			return true
		}
	}
	return false
}

func (m *model) decide(project string, now time.Time) []Grant {
	p := m.projects[project]
	var grants []Grant
	give := func(i *modelItem, n int) {
		i.grant = &Grant{
			Key: i.Key, Name: i.Name, Environment: i.Environment, Slot: n, Attempt: i.Attempt, Refusals: i.refusals, ExpiresAt: now.Add(grantTime),
		}
		grants = append(grants, *i.grant)
	}
	for _, i := range m.items {
		if m.settings[i.Environment].Project == project && i.grant != nil && !i.grant.ExpiresAt.After(now) {
			i.grant = nil
			i.refusals++
			i.refusedUntil, i.branchRefused = now.Add(RefusalWait.Backoff(i.refusals, 0)), false
		}
	}
	m.forgetProbes()
	if m.rebuilt && p.looks.known {
		for n, r := range p.rows {
			if i := m.holder(project, r); i != nil && i.candidate(now) && i.Attempt == r.Attempt && m.settings[i.Environment].Usable {
				give(i, n)
			}
		}
		for {
			i, n := m.pick(project, now)
			if i == nil {
				break
			}
			if b := m.brake(i.Environment); b.applied {
				b.probe = i.Key
			}
			give(i, n)
		}
	}
	switch wants := m.rebuilt && m.wants(project, now); {
	case !wants:
		p.wanting = time.Time{}
	case p.looks.known && p.wanting.IsZero():
		p.wanting = now
	}
	return grants
}

func (m *model) wants(project string, now time.Time) bool {
	return slices.ContainsFunc(m.environments(project), func(name Environment) bool { return m.open(name, now) })
}

// pick sorts all and picks.
func (m *model) pick(project string, now time.Time) (*modelItem, int) {
	p := m.projects[project]
	used, _ := m.use(project)
	number := -1
	for i := range contract.MaxSlots {
		n := (m.start + i) % contract.MaxSlots
		switch {
		case p.rows[n].Held || m.isGranted(project, n):
		case p.rest[n].After(now):
			used++
		case number < 0:
			number = n
		}
	}
	var first *modelItem
	for _, name := range m.environments(project) {
		if used >= m.settings[name].Concurrency || !m.open(name, now) {
			continue
		}
		next := m.ready(name, now)[0]
		if first == nil || cmp.Or(
			cmp.Compare(m.usedBy(name, nil), m.usedBy(first.Environment, nil)), compare(next.Entry, first.Entry)) < 0 {
			first = next
		}
	}
	if number < 0 {
		return nil, 0
	}
	return first, number
}

// forgetProbes forgets the probes that nothing is heard of any more.
func (m *model) forgetProbes() {
	for _, b := range m.brakes {
		if i := m.items[b.probe]; i == nil || (i.grant == nil && !i.Active) {
			b.probe = ""
		}
	}
}
