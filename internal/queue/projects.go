// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"cmp"
	"slices"
	"time"
)

// projects are those that queues have, and when each is due.
type projects struct {
	start  int                     // the number of the slot that is tried first
	lookup func(key string) *entry // nil if there is none
	// granting is set once the queues are complete.
	granting bool
	byName   []*project
	timers   heap[*project]
}

func newProjects(start int, lookup func(string) *entry) *projects {
	return &projects{start: start, lookup: lookup, timers: heap[*project]{
		place: func(p *project) *int { return &p.at },
		less: func(a, b *project) bool {
			return !a.next.IsZero() && (b.next.IsZero() || a.next.Before(b.next))
		},
	}}
}

func (s *projects) search(name string) (int, bool) {
	return slices.BinarySearchFunc(s.byName, name, func(p *project, name string) int { return cmp.Compare(p.name, name) })
}

func (s *projects) find(name string) (*project, bool) {
	i, ok := s.search(name)
	if !ok {
		return nil, false
	}
	return s.byName[i], true
}

// join gives a queue a project.
func (s *projects) join(name string, q *queue) {
	i, ok := s.search(name)
	if !ok {
		p := &project{name: name, all: s}
		s.byName = slices.Insert(s.byName, i, p)
		s.timers.push(p)
	}
	q.project = s.byName[i]
	q.project.join(q)
}

// leave takes a queue's project from it. One without queues is forgotten.
func (s *projects) leave(q *queue) {
	p := q.project
	p.leave(q)
	q.project = nil
	if len(p.queues) == 0 {
		s.timers.remove(p)
		s.byName = slices.DeleteFunc(s.byName, func(other *project) bool { return other == p })
	}
}

// next is when the first of them is due; zero is never.
func (s *projects) next() time.Time {
	if p, ok := s.timers.min(); ok {
		return p.next
	}
	return time.Time{}
}
