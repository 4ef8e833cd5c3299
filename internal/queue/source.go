// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import "cmp"

// source is what FairBySource is fair between. With Priority all entries are of one source, which makes one code of both.
type source struct {
	name    string
	members int // its entries, in any state
	inUse   int // those that use a slot
	ready   heap[*entry]
	at      int // its place among the sources that have something ready
}

func newSource(name string) *source {
	return &source{name: name, ready: heap[*entry]{less: byOrder, place: func(e *entry) *int { return &e.at.ready }}}
}

// bySource is the order of two sources that have something ready: by the priority of their first, then by the slots
// that they use, then as their first are ordered.
func bySource(a, b *source) bool {
	first, second := a.ready.items[0], b.ready.items[0]
	return cmp.Or(
		cmp.Compare(second.Priority, first.Priority),
		cmp.Compare(a.inUse, b.inUse),
		compare(first.Entry, second.Entry),
	) < 0
}

func (q *queue) joinSource(e *entry) {
	name := ""
	if q.settings.Queueing == FairBySource {
		name = e.Source
	}
	s, ok := q.sources[name]
	if !ok {
		s = newSource(name)
		q.sources[name] = s
	}
	s.members++
	e.source = s
}

func (q *queue) leaveSource(e *entry) {
	s := e.source
	e.source = nil
	if s.members--; s.members == 0 {
		delete(q.sources, s.name)
	}
}

func (q *queue) joinReady(e *entry) {
	q.ready.remove(e.source) // its key is about to change
	e.source.ready.push(e)
	q.ready.push(e.source)
}

func (q *queue) leaveReady(e *entry) {
	q.ready.remove(e.source)
	e.source.ready.remove(e)
	if e.source.ready.len() > 0 {
		q.ready.push(e.source)
	}
}

// countSlot keeps count of the entries that use a slot, of the source's and of the queue's.
func (q *queue) countSlot(e *entry) {
	uses := e.state == granted || e.rows > 0
	if uses == e.usesSlot {
		return
	}
	by := 1
	if !uses {
		by = -1
	}
	e.usesSlot = uses
	e.source.inUse += by
	q.inUse += by
	q.ready.fix(e.source)
}
