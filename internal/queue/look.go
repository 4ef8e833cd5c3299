// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import "time"

// lookInterval is how soon the slots are looked at again while somebody waits for one: a slot that another cluster
// frees is reported by nobody.
const lookInterval = 10 * time.Second

// look is what is known of a project's looks.
type look struct {
	// known says that one has succeeded, and that nothing has shown it to be wrong.
	known bool
	// at is when the last successful one began, tried when the last one failed.
	at, tried time.Time
	// wrongSince is when the last look was shown to be wrong: one that began before is no better.
	wrongSince time.Time
	failed     bool
}

// record records a look, and says whether it is one that counts.
func (l *look) record(at time.Time) bool {
	if at.Before(l.wrongSince) || at.Before(l.at) {
		return false
	}
	l.known, l.failed, l.at = true, false, at
	return true
}

func (l *look) fail(now time.Time) { l.failed, l.tried = true, now }

// doubt makes what is known count for nothing until the next look, which is due at once.
func (l *look) doubt(now time.Time) { l.known, l.failed, l.wrongSince = false, false, now }

// again is when to look again, if somebody waits for it.
func (l *look) again(now time.Time) time.Time {
	switch {
	case l.failed && l.tried.After(l.at):
		return l.tried.Add(lookInterval)
	case l.known:
		return l.at.Add(lookInterval)
	default:
		return now
	}
}

// look records a read of the slots. What was learned of a slot since the read began is newer and stays.
func (p *project) look(l Look, now time.Time) {
	if !p.looks.record(l.At) {
		return
	}
	p.others = l.Others
	for n := range p.slots {
		var row Row
		if n < len(l.Rows) && l.Rows[n].Held {
			row = l.Rows[n]
		}
		if s := &p.slots[n]; s.changed.Before(l.At) {
			p.setRow(n, row, now)
		}
	}
}

// released records that a holder's row was seen released. Of a row that somebody else has acquired since it says
// nothing.
func (p *project) released(n int, was Row, now time.Time) {
	s := &p.slots[n]
	if s.row.Held && (s.row.Holder != was.Holder || s.row.Attempt > was.Attempt) {
		return
	}
	s.changed = now
	p.setRow(n, Row{}, now)
}

// acquired records that an item holds a slot now.
func (p *project) acquired(n int, row Row, now time.Time) {
	p.slots[n].changed = now
	p.setRow(n, row, now)
}

// wanting reports whether something is ready that finds no slot.
func (p *project) wanting(now time.Time) bool {
	for _, q := range p.queues {
		if q.open(now) {
			return true
		}
	}
	return false
}

// lookDue is when the slots are to be looked at; zero is never. Without a look that counts everything waits for one:
// also an item that holds a slot in a queue that is suspended.
func (p *project) lookDue(now time.Time) time.Time {
	if p.looks.known && p.wanting(now) {
		return p.looks.again(now)
	}
	if !p.looks.known {
		for _, q := range p.queues {
			if q.settings.Usable && q.candidates > 0 {
				return p.looks.again(now)
			}
		}
	}
	return time.Time{}
}
