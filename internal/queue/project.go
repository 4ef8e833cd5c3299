// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// restTime is how long a cluster that has more than its share leaves a slot alone that it freed.
const restTime = 15 * time.Second

// project is what is known of one project's slots. The queues of all environments of the project share it, or each
// would grant the same free slot.
type project struct {
	name   string
	all    *projects
	queues []*queue // by name
	slots  [contract.MaxSlots]slot

	looks look
	// others is how many other clusters have demand; wantingSince is since when this one has, zero if it has none.
	others       int
	wantingSince time.Time

	next time.Time // when its time-driven work is due; zero is never
	at   int       // its place among the projects by that
}

// slot is one slot of a project.
type slot struct {
	row     Row
	entry   *entry    // the row's holder, if it is in one of the project's queues
	grants  int       // granted entries that are to acquire it, or have
	changed time.Time // when something else than a look last said who holds it
	restEnd time.Time
}

// backed reports whether the slot's row is what came of its grant.
func (s *slot) backed(n int) bool {
	e := s.entry
	return e != nil && e.state == granted && e.grant.Slot == n && e.grant.Attempt == s.row.Attempt
}

// inUse is how many slots count against the concurrency: those with a row in progress, and the grants without one.
func (p *project) inUse() int {
	used := 0
	for n := range p.slots {
		s := &p.slots[n]
		used += s.grants
		if s.row.Held && !s.backed(n) {
			used++
		}
	}
	return used
}

// ours is how many of them are this process's.
func (p *project) ours() int {
	ours := 0
	for n := range p.slots {
		s := &p.slots[n]
		ours += s.grants
		if s.entry != nil && !s.backed(n) {
			ours++
		}
	}
	return ours
}

func (s *slot) resting(now time.Time) bool {
	return !s.row.Held && s.grants == 0 && s.restEnd.After(now)
}

func (p *project) resting(now time.Time) int {
	resting := 0
	for n := range p.slots {
		if p.slots[n].resting(now) {
			resting++
		}
	}
	return resting
}

// number is the first slot that may be granted. Clusters begin at different numbers, so that they rarely meet.
func (p *project) number(now time.Time) (int, bool) {
	for i := range len(p.slots) {
		n := (p.all.start + i) % len(p.slots)
		if s := &p.slots[n]; !s.row.Held && s.grants == 0 && !s.resting(now) {
			return n, true
		}
	}
	return 0, false
}

// setRow records who holds a slot.
func (p *project) setRow(n int, row Row, now time.Time) {
	s := &p.slots[n]
	if s.row == row {
		return
	}
	if s.row.Held && !row.Held && s.entry != nil && p.overShare(s.entry.queue) {
		s.restEnd = now.Add(restTime)
	}
	was := s.entry
	s.row, s.entry = row, nil
	if was != nil {
		was.rows--
		was.queue.countSlot(was)
	}
	if e := p.all.lookup(row.Holder); row.Held && e != nil && e.queue.project == p {
		p.named(s, e)
	}
}

// overShare reports whether this cluster uses more than its share of the slots, while others want some.
func (p *project) overShare(q *queue) bool {
	return p.others > 0 && p.ours()*(p.others+1) > q.settings.Concurrency
}

func (p *project) named(s *slot, e *entry) {
	s.entry = e
	e.rows++
	e.queue.countSlot(e)
}

// link finds the rows that name an entry that has come in.
func (p *project) link(e *entry) {
	for n := range p.slots {
		if s := &p.slots[n]; s.row.Held && s.row.Holder == e.Key {
			p.named(s, e)
		}
	}
}

// unlink forgets an entry that goes. Its rows stay: they are in use until somebody sees them released.
func (p *project) unlink(e *entry) {
	for n := range p.slots {
		if s := &p.slots[n]; s.entry == e {
			s.entry = nil
			e.rows--
		}
	}
	e.queue.countSlot(e)
}

// join adds a queue, with the rows that name its entries.
func (p *project) join(q *queue) {
	i, _ := slices.BinarySearchFunc(p.queues, q, func(a, b *queue) int { return a.name.compare(b.name) })
	p.queues = slices.Insert(p.queues, i, q)
	for _, e := range q.members {
		p.link(e)
	}
}

func (p *project) leave(q *queue) {
	for _, e := range q.members {
		p.unlink(e)
	}
	p.queues = slices.DeleteFunc(p.queues, func(other *queue) bool { return other == q })
}

// forget forgets what is known of the slots.
func (p *project) forget() {
	p.slots, p.looks, p.others, p.wantingSince = [len(p.slots)]slot{}, look{}, 0, time.Time{}
}
