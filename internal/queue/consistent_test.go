// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"slices"
)

// inconsistency says what of a Manager's structures does not fit together: an entry that is in two places or in none,
// a count that is wrong, an order that is not kept.
func (m *Manager) inconsistency() string {
	entries := 0
	for name, q := range m.queues {
		entries += len(q.members)
		if what := q.inconsistency(); what != "" {
			return fmt.Sprintf("queue %s: %s", name, what)
		}
	}
	if entries != len(m.entries) {
		return fmt.Sprintf("the queues have %d entries, the manager %d", entries, len(m.entries))
	}
	for _, p := range m.projects.byName {
		for n := range p.slots {
			grants := 0
			for _, q := range p.queues {
				for _, e := range q.members {
					if e.state == granted && e.grant.Slot == n {
						grants++
					}
				}
			}
			s := &p.slots[n]
			e := m.entries[s.row.Holder]
			if !s.row.Held || (e != nil && e.queue.project != p) {
				e = nil
			}
			if s.grants != grants || s.entry != e {
				return fmt.Sprintf("slot %d of %s counts %d grants of %d, and its entry is %v of %v", n, p.name, s.grants, grants, s.entry, e)
			}
		}
	}
	return ""
}

func (q *queue) inconsistency() string {
	count := map[state]int{}
	inUse := 0
	for key, e := range q.members {
		count[e.state]++
		if e.usesSlot {
			inUse++
		}
		inReady, inTimers, inBranch := e.at.ready > 0, e.at.timer > 0, e.at.branch > 0
		candidate := e.state == ready || e.state == blocked
		switch {
		case e.Key != key || e.queue != q || e.Environment != q.name:
			return key + " is in the wrong queue"
		case e.state < ready || e.state > active:
			return key + " is in no state"
		case inReady != (e.state == ready), inTimers != (e.state == later || e.state == granted), inBranch != (candidate && e.branch != nil):
			return fmt.Sprintf("%s is in state %d, and in other places %+v", key, e.state, e.at)
		case (e.at.order > 0) == (e.state == active), (e.at.since > 0) == (e.state == active):
			return key + " is shown and does not wait, or the other way round"
		case e.granted != (e.state == granted):
			return key + " is granted and not in that state, or the other way round"
		case e.usesSlot != (e.rows > 0 || e.state == granted):
			return key + " is miscounted"
		}
	}
	switch {
	case count[ready]+count[blocked] != q.candidates, count[granted] != q.grants, inUse != q.inUse:
		return fmt.Sprintf("the counts are wrong: %v, %d candidates, %d grants, %d in use", count, q.candidates, q.grants, q.inUse)
	case !ordered(&q.order), !ordered(&q.since), !ordered(&q.timers), !ordered(&q.ready):
		return "an order is not kept"
	}
	for key, b := range q.branches {
		holders := 0
		for _, e := range q.members {
			if e.branch == b && e.holdsBranch() {
				holders++
			}
		}
		if b.key != key || b.holders != holders || !ordered(&b.candidates) || (b.first != nil) != (holders == 0 && b.candidates.len() > 0) {
			return fmt.Sprintf("branch %s: %d holders, not %d, or not the right one is first", key, b.holders, holders)
		}
	}
	for name, s := range q.sources {
		inUse := 0
		for _, e := range q.members {
			if e.source == s && e.usesSlot {
				inUse++
			}
		}
		if s.name != name || s.inUse != inUse || !ordered(&s.ready) || (s.at > 0) != (s.ready.len() > 0) {
			return fmt.Sprintf("source %q uses %d slots, not %d, or its order is not kept", name, s.inUse, inUse)
		}
	}
	return ""
}

func ordered[T comparable](h *heap[T]) bool {
	for i, x := range h.items {
		if *h.place(x) != i+1 || (i > 0 && h.less(x, h.items[(i-1)/2])) {
			return false
		}
	}
	return !slices.ContainsFunc(h.items, func(x T) bool { return *h.place(x) == 0 })
}
