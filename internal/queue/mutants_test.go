// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// mutant is a Manager with one promise broken: what it is given passes through these, where they are set.
type mutant struct {
	*Manager
	item     func(Item) (Item, bool) // false leaves the call out
	remove   func() bool
	settings func(Settings) Settings
	look     func(m *Manager, l Look, now time.Time) Look
	released func(m *Manager, name string, slot int, was Row) Row
	refused  func(reason Refusal) (Refusal, bool)
	conclude func(key string) (string, bool)
	fail     func() bool
	tick     func(now time.Time) (time.Time, bool)
	restored func() bool
	after    func(m *Manager, now time.Time) []Grant
}

func (m *mutant) end(r Result, now time.Time) Result {
	if m.after != nil {
		r.Grants = append(r.Grants, m.after(m.Manager, now)...)
	}
	r.Next = m.Next()
	return r
}

func (m *mutant) Put(item Item, now time.Time) Result {
	if m.item != nil {
		changed, ok := m.item(item)
		if !ok {
			return m.end(Result{}, now)
		}
		item = changed
	}
	return m.end(m.Manager.Put(item, now), now)
}

func (m *mutant) Rebuild(items []Item, now time.Time) Result {
	if m.item != nil {
		var kept []Item
		for _, i := range items {
			if i, ok := m.item(i); ok {
				kept = append(kept, i)
			}
		}
		items = kept
	}
	return m.end(m.Manager.Rebuild(items, now), now)
}

func (m *mutant) Remove(key string, now time.Time) Result {
	if m.remove != nil && !m.remove() {
		return m.end(Result{}, now)
	}
	return m.end(m.Manager.Remove(key, now), now)
}

func (m *mutant) Configure(name Environment, s Settings, now time.Time) Result {
	if m.settings != nil {
		s = m.settings(s)
	}
	return m.end(m.Manager.Configure(name, s, now), now)
}

func (m *mutant) Slots(name string, l Look, now time.Time) Result {
	if m.look != nil {
		l = m.look(m.Manager, l, now)
	}
	return m.end(m.Manager.Slots(name, l, now), now)
}

func (m *mutant) LookFailed(name string, now time.Time) Result {
	if m.fail != nil && !m.fail() {
		return m.end(Result{}, now)
	}
	return m.end(m.Manager.LookFailed(name, now), now)
}

func (m *mutant) Released(name string, slot int, was Row, now time.Time) Result {
	if m.released != nil {
		was = m.released(m.Manager, name, slot, was)
	}
	return m.end(m.Manager.Released(name, slot, was, now), now)
}

func (m *mutant) Refused(key string, reason Refusal, until, now time.Time) Result {
	if m.refused != nil {
		changed, ok := m.refused(reason)
		if !ok {
			return m.end(Result{}, now)
		}
		reason = changed
	}
	return m.end(m.Manager.Refused(key, reason, until, now), now)
}

func (m *mutant) Concluded(name Environment, key string, outcome contract.Outcome, now time.Time) Result {
	if m.conclude != nil {
		changed, ok := m.conclude(key)
		if !ok {
			return m.end(Result{}, now)
		}
		key = changed
	}
	return m.end(m.Manager.Concluded(name, key, outcome, now), now)
}

func (m *mutant) RestoreBrake(name Environment, reason contract.Outcome, since, now time.Time) Result {
	if m.restored != nil && !m.restored() {
		return m.end(Result{}, now)
	}
	return m.end(m.Manager.RestoreBrake(name, reason, since, now), now)
}

func (m *mutant) Tick(now time.Time) Result {
	if m.tick != nil {
		changed, ok := m.tick(now)
		if !ok {
			return m.end(Result{}, now)
		}
		now = changed
	}
	return m.end(m.Manager.Tick(now), now)
}

func ignored() bool { return false }

func item(change func(*Item)) func(Item) (Item, bool) {
	return func(i Item) (Item, bool) { change(&i); return i, true }
}

// mutants are what the comparison with the model is there to find.
var mutants = map[string]func(*mutant){
	"a priority is not looked at":       func(m *mutant) { m.item = item(func(i *Item) { i.Priority = 0 }) },
	"a changed priority is not noticed": ignoreChanges(func(was, is *Item) { is.Priority = was.Priority }),
	"a changed branch is not noticed":   ignoreChanges(func(was, is *Item) { is.BranchKey = was.BranchKey }),
	"a changed source is not noticed":   ignoreChanges(func(was, is *Item) { is.Source = was.Source }),
	"an item stays where it first was":  ignoreChanges(func(was, is *Item) { is.Environment = was.Environment }),
	"a new attempt is not noticed":      ignoreChanges(func(was, is *Item) { is.Attempt = was.Attempt }),
	"the card's age is not looked at":   func(m *mutant) { m.item = item(func(i *Item) { i.CreatedAt = epoch }) },
	"the name breaks no tie":            func(m *mutant) { m.item = item(func(i *Item) { i.Name = "" }) },
	"branches exclude nobody":           func(m *mutant) { m.item = item(func(i *Item) { i.BranchKey = "" }) },
	"an item does not back off":         func(m *mutant) { m.item = item(func(i *Item) { i.NotBefore = time.Time{} }) },
	"an attempt is never shown":         func(m *mutant) { m.item = item(func(i *Item) { i.Active = false }) },
	"hand-made and other items mix":     func(m *mutant) { m.item = item(func(i *Item) { i.Source = "" }) },
	"a removed item stays":              func(m *mutant) { m.remove = ignored },
	"a suspended environment goes on":   func(m *mutant) { m.settings = settings(func(s *Settings) { s.Suspend = false }) },
	"an unusable environment goes on":   func(m *mutant) { m.settings = settings(func(s *Settings) { s.Usable = s.Project != "" }) },
	"nothing is fair":                   func(m *mutant) { m.settings = settings(func(s *Settings) { s.Queueing = Priority }) },
	"a change does not release a brake": func(m *mutant) { m.settings = settings(func(s *Settings) { s.Generation = 0 }) },
	"concurrency is one too many":       func(m *mutant) { m.settings = settings(func(s *Settings) { s.Concurrency++ }) },
	"a lowered concurrency is ignored": func(m *mutant) {
		highest := 0
		m.settings = settings(func(s *Settings) { highest = max(highest, s.Concurrency); s.Concurrency = highest })
	},
	"other clusters' rows do not count": func(m *mutant) {
		m.look = rows(func(m *Manager, r Row) Row {
			if m.entries[r.Holder] == nil {
				return Row{}
			}
			return r
		})
	},
	"who holds a slot is not looked at": func(m *mutant) { m.look = rows(func(_ *Manager, r Row) Row { return Row{Held: r.Held} }) },
	"any attempt's row is the next's": func(m *mutant) {
		m.look = rows(func(m *Manager, r Row) Row {
			if e := m.entries[r.Holder]; e != nil {
				r.Attempt = e.Attempt
			}
			return r
		})
	},
	"an old look is believed": func(m *mutant) {
		m.look = func(_ *Manager, l Look, now time.Time) Look { l.At = now; return l }
	},
	"a look outlives what was learned": func(m *mutant) {
		m.look = func(_ *Manager, l Look, now time.Time) Look { l.At = now.Add(time.Nanosecond); return l }
	},
	"other clusters' demand is ignored": func(m *mutant) {
		m.look = func(_ *Manager, l Look, _ time.Time) Look { l.Others = 0; return l }
	},
	"anybody's release frees a slot": func(m *mutant) {
		m.released = func(m *Manager, name string, slot int, was Row) Row {
			if p, ok := m.projects.find(name); ok {
				return p.slots[slot].row
			}
			return was
		}
	},
	"a failed look is not noted":         func(m *mutant) { m.fail = ignored },
	"a refusal is ignored":               func(m *mutant) { m.refused = func(r Refusal) (Refusal, bool) { return r, false } },
	"a branch's refusal is one item's":   refusals(RefusedBranch, RefusedOther),
	"a slot's refusal is one item's":     refusals(RefusedSlot, RefusedOther),
	"any refusal is the branch's":        refusals(RefusedOther, RefusedBranch),
	"any refusal is the slot's":          refusals(RefusedOther, RefusedSlot),
	"there is no brake":                  func(m *mutant) { m.conclude = func(key string) (string, bool) { return key, false } },
	"one item alone applies the brake":   func(m *mutant) { m.conclude = renamed() },
	"a restart releases the brake":       func(m *mutant) { m.restored = ignored },
	"time does nothing":                  func(m *mutant) { m.tick = func(now time.Time) (time.Time, bool) { return now, false } },
	"time runs late":                     func(m *mutant) { m.tick = func(now time.Time) (time.Time, bool) { return now.Add(-time.Second), true } },
	"all clusters begin at slot 0":       func(m *mutant) { m.projects.start = 0 },
	"something is granted at once":       func(m *mutant) { m.projects.granting = true },
	"a grant is taken back for a higher": func(m *mutant) { m.after = takeBack },
	"a grant never ends by itself":       func(m *mutant) { m.after = keepGrants },
	"no look is needed":                  func(m *mutant) { m.after = believe },
	"a brake lets two probes go":         func(m *mutant) { m.after = forgetProbe },
	"a freed slot never rests":           func(m *mutant) { m.after = wakeSlots },
}

// TestTheModelFindsMutants checks the check: each broken promise is found in a few histories.
func TestTheModelFindsMutants(t *testing.T) {
	for what, change := range mutants {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			broken := func() machine {
				m := &mutant{Manager: NewManager(historyCluster)}
				change(m)
				return m
			}
			for seed := range uint64(300) {
				if _, difference := run(broken, randomHistory(seed)); difference != "" {
					t.Logf("found by history %d", seed)
					return
				}
			}
			t.Error("no history shows it")
		})
	}
}

func ignoreChanges(keep func(was, is *Item)) func(*mutant) {
	return func(m *mutant) {
		first := map[string]Item{}
		m.item = item(func(i *Item) {
			if was, ok := first[i.Key]; ok {
				keep(&was, i)
			} else {
				first[i.Key] = *i
			}
		})
	}
}

func settings(change func(*Settings)) func(Settings) Settings {
	return func(s Settings) Settings { change(&s); return s }
}

func rows(change func(m *Manager, r Row) Row) func(*Manager, Look, time.Time) Look {
	return func(m *Manager, l Look, _ time.Time) Look {
		l.Rows = slices.Clone(l.Rows) // the model is given the same
		for n := range l.Rows {
			l.Rows[n] = change(m, l.Rows[n])
		}
		return l
	}
}

func refusals(from, to Refusal) func(*mutant) {
	return func(m *mutant) {
		m.refused = func(r Refusal) (Refusal, bool) {
			if r == from {
				return to, true
			}
			return r, true
		}
	}
}

// renamed makes each conclusion one of another item, but for probes.
func renamed() func(string) (string, bool) {
	n := 0
	return func(key string) (string, bool) { n++; return fmt.Sprintf("%s-%d", key, n), true }
}

// members calls for each entry, in some order.
func members(m *Manager, each func(*queue, *entry)) {
	for _, p := range m.projects.byName {
		for _, q := range p.queues {
			for _, e := range slices.Clone(q.timers.items) {
				each(q, e)
			}
		}
	}
}

func decideAll(m *Manager, now time.Time) (grants []Grant) {
	for _, p := range m.projects.byName {
		grants = p.decide(now, grants)
	}
	return grants
}

func takeBack(m *Manager, now time.Time) []Grant {
	members(m, func(q *queue, e *entry) {
		if first, ok := q.head(); ok && e.state == granted && first.Priority > e.Priority {
			q.change(e, now, func() { e.granted = false })
		}
	})
	return decideAll(m, now)
}

func keepGrants(m *Manager, now time.Time) []Grant {
	members(m, func(q *queue, e *entry) {
		if e.state == granted {
			e.wakeAt = now.Add(24 * time.Hour)
			q.timers.fix(e)
		}
	})
	return nil
}

func believe(m *Manager, now time.Time) []Grant {
	for _, p := range m.projects.byName {
		p.looks.known = true
	}
	return decideAll(m, now)
}

func forgetProbe(m *Manager, now time.Time) []Grant {
	for _, p := range m.projects.byName {
		for _, q := range p.queues {
			q.brake.probe = ""
		}
	}
	return decideAll(m, now)
}

func wakeSlots(m *Manager, now time.Time) []Grant {
	for _, p := range m.projects.byName {
		for n := range p.slots {
			p.slots[n].restEnd = time.Time{}
		}
	}
	return decideAll(m, now)
}
