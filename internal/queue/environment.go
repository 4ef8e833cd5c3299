// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"maps"
	"slices"
	"time"
)

// queue is one environment's.
type queue struct {
	name     Environment
	settings Settings
	project  *project // nil while the settings name none
	members  map[string]*entry

	order    heap[*entry]  // all that are not active
	since    heap[*entry]  // the same, by how long they wait
	ready    heap[*source] // those with something ready
	timers   heap[*entry]  // later and granted
	branches map[string]*branch
	sources  map[string]*source
	// candidates is how many are ready or blocked, grants how many are granted, inUse how many use a slot.
	candidates, grants, inUse int

	brake brake
}

func newQueue(name Environment) *queue {
	return &queue{
		name: name, members: map[string]*entry{}, branches: map[string]*branch{}, sources: map[string]*source{},
		order:  heap[*entry]{less: byOrder, place: func(e *entry) *int { return &e.at.order }},
		since:  heap[*entry]{less: bySince, place: func(e *entry) *int { return &e.at.since }},
		timers: heap[*entry]{less: byTimer, place: func(e *entry) *int { return &e.at.timer }},
		ready:  heap[*source]{less: bySource, place: func(s *source) *int { return &s.at }},
	}
}

// add adds an entry.
func (q *queue) add(e *entry, now time.Time) {
	e.queue = q
	q.members[e.Key] = e
	q.joinBranch(e)
	q.joinSource(e)
	if q.project != nil {
		q.project.link(e)
	}
	q.place(e, now)
}

// drop removes an entry.
func (q *queue) drop(e *entry) {
	q.lift(e)
	e.state = 0
	if q.project != nil {
		q.project.unlink(e)
	}
	q.countSlot(e)
	q.leaveSource(e)
	q.leaveBranch(e)
	delete(q.members, e.Key)
	e.queue = nil
}

// change changes an entry that stays in the queue.
func (q *queue) change(e *entry, now time.Time, change func()) {
	q.lift(e)
	change()
	q.place(e, now)
}

// place puts an entry that is in no state where it belongs.
func (q *queue) place(e *entry, now time.Time) {
	e.state = e.belongs(now)
	if e.state != active {
		q.order.push(e)
		q.since.push(e)
	}
	switch e.state {
	case granted:
		e.wakeAt = e.grant.ExpiresAt
		q.timers.push(e)
		q.grants++
		q.project.slots[e.grant.Slot].grants++
	case later:
		e.wakeAt = e.due()
		q.timers.push(e)
	case ready:
		q.joinCandidates(e)
	}
	if e.branch != nil && e.holdsBranch() {
		e.branch.holders++
		q.settle(e.branch)
	}
	if q.brake.probe == e.Key && e.state != granted && e.state != active {
		q.brake.probe = "" // what came of it is not known: another one is tried
	}
	q.countSlot(e)
}

// lift removes an entry from its state. Until it is placed it is in none.
func (q *queue) lift(e *entry) {
	if e.branch != nil && e.holdsBranch() {
		e.branch.holders--
		q.settle(e.branch)
	}
	q.order.remove(e)
	q.since.remove(e)
	switch e.state {
	case granted:
		q.timers.remove(e)
		q.grants--
		q.project.slots[e.grant.Slot].grants--
	case later:
		q.timers.remove(e)
	case ready, blocked:
		q.leaveCandidates(e)
	}
}

func (q *queue) joinCandidates(e *entry) {
	q.candidates++
	if e.branch == nil {
		q.joinReady(e)
		return
	}
	e.state = blocked
	e.branch.candidates.push(e)
	q.settle(e.branch)
}

func (q *queue) leaveCandidates(e *entry) {
	q.candidates--
	if e.branch == nil {
		q.leaveReady(e)
		return
	}
	e.branch.candidates.remove(e)
	q.settle(e.branch)
}

// expire moves the entries whose time has come. A grant that nothing came of is a refusal: those behind go first.
func (q *queue) expire(now time.Time) {
	for {
		e, ok := q.timers.min()
		if !ok || e.wakeAt.After(now) {
			return
		}
		q.change(e, now, func() {
			if e.state == granted {
				e.refuse(now.Add(RefusalWait.Backoff(e.refusals+1, 0)), false)
			}
		})
	}
}

// regroup puts every entry under the source that it is of now.
func (q *queue) regroup(now time.Time) {
	members := slices.Collect(maps.Values(q.members)) // in any order: what comes of it is the same
	for _, e := range members {
		q.drop(e)
	}
	for _, e := range members {
		q.add(e, now)
	}
}

// head is the first that is ready.
func (q *queue) head() (*entry, bool) {
	s, ok := q.ready.min()
	if !ok {
		return nil, false
	}
	return s.ready.min()
}

// open reports whether the queue's next may start as soon as a slot is free.
func (q *queue) open(now time.Time) bool {
	return q.settings.Usable && !q.settings.Suspend && q.ready.len() > 0 && q.brake.allows(now)
}
