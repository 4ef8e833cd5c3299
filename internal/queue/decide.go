// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import "time"

// decide does what is due in the project and grants what can be granted. Every call ends here, so that nothing that is
// ready waits while a slot is free.
func (p *project) decide(now time.Time, grants []Grant) []Grant {
	for _, q := range p.queues {
		q.expire(now)
	}
	if p.all.granting && p.looks.known {
		grants = p.resume(now, grants)
		grants = p.fill(now, grants)
	}
	p.noteDemand(p.all.granting && p.wanting(now), now)
	p.next = p.due(now)
	if p.all.granting {
		p.next = sooner(p.next, p.lookDue(now))
	}
	p.all.timers.fix(p)
	return grants
}

// resume grants the entries that a slot row names as holder that row's slot, free or not: they acquired it before a
// crash. A suspended environment and one with its brake applied begin nothing, but these were begun.
func (p *project) resume(now time.Time, grants []Grant) []Grant {
	for n := range p.slots {
		s := &p.slots[n]
		e := s.entry
		if e == nil || (e.state != ready && e.state != blocked) || e.Attempt != s.row.Attempt || !e.queue.settings.Usable {
			continue
		}
		grants = append(grants, e.queue.grant(e, n, now))
	}
	return grants
}

// fill grants free slots to those that are first.
func (p *project) fill(now time.Time, grants []Grant) []Grant {
	for {
		used := p.inUse() + p.resting(now)
		q := p.pick(now, used)
		n, free := p.number(now)
		if q == nil || !free {
			return grants
		}
		e, _ := q.head()
		if q.brake.applied {
			q.brake.probe = e.Key
		}
		grants = append(grants, q.grant(e, n, now))
	}
}

// pick is the queue whose first is next: of those that may start something, the one that uses the fewest slots, so that
// no environment starves another of its project by setting priorities.
func (p *project) pick(now time.Time, used int) *queue {
	var best *queue
	for _, q := range p.queues {
		if used >= q.settings.Concurrency || !q.open(now) {
			continue
		}
		if best == nil || q.inUse < best.inUse || (q.inUse == best.inUse && q.headBefore(best)) {
			best = q
		}
	}
	return best
}

func (q *queue) headBefore(other *queue) bool {
	first, _ := q.head()
	second, _ := other.head()
	return byOrder(first, second)
}

func (q *queue) grant(e *entry, n int, now time.Time) Grant {
	q.change(e, now, func() {
		e.granted = true
		e.grant = Grant{
			Key: e.Key, Name: e.Name, Environment: q.name, Slot: n, Attempt: e.Attempt, Refusals: e.refusals,
			ExpiresAt: now.Add(grantTime),
		}
	})
	return e.grant
}

// noteDemand keeps since when something is ready that finds no slot.
func (p *project) noteDemand(wanting bool, now time.Time) {
	switch {
	case !wanting:
		p.wantingSince = time.Time{}
	case p.looks.known && p.wantingSince.IsZero():
		p.wantingSince = now
	}
}

// due is when something changes although nothing happens; zero is never.
func (p *project) due(now time.Time) time.Time {
	var next time.Time
	for _, q := range p.queues {
		if e, ok := q.timers.min(); ok {
			next = sooner(next, e.wakeAt)
		}
		if q.brake.applied && q.brake.retryAt.After(now) {
			next = sooner(next, q.brake.retryAt)
		}
	}
	for n := range p.slots {
		if s := &p.slots[n]; s.resting(now) {
			next = sooner(next, s.restEnd)
		}
	}
	return next
}

// sooner is the earlier of two times; zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
