// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import "time"

// grantTime is how long a grant is kept for an item that nothing is heard of. It has to outlast a slow start of an
// attempt; too long costs a slot's idle time, once a crash.
const grantTime = 2 * time.Minute

// state is where an entry is. It is in exactly one.
type state int

const (
	// ready entries compete for the next free slot.
	ready state = iota + 1
	// blocked entries have a branch that is held, or that another ready entry has.
	blocked
	// later entries wait for a time.
	later
	// granted entries may acquire their slot.
	granted
	// active entries are worked on.
	active
)

// entry is an item in its queue.
type entry struct {
	Item
	queue  *queue
	branch *branch // nil without a branch key
	source *source
	state  state

	granted bool
	grant   Grant

	refusals     int
	refusedUntil time.Time
	// branchRefused says that the last refusal was the branch's: until its end the branch counts as held, or each of
	// its other items would be refused in turn.
	branchRefused bool

	// wakeAt is when its state ends by itself: later and granted only.
	wakeAt time.Time
	// rows is how many of the project's slot rows name it; usesSlot is whether it counts as using one.
	rows     int
	usesSlot bool

	at struct{ order, since, timer, branch, ready int } // its places in the heaps
}

// due is when it may be granted a slot.
func (e *entry) due() time.Time {
	if e.refusedUntil.After(e.NotBefore) {
		return e.refusedUntil
	}
	return e.NotBefore
}

// belongs is the state that an entry belongs in, as far as it depends on the entry alone. Of those that are ready, its
// branch decides which are blocked.
func (e *entry) belongs(now time.Time) state {
	switch {
	case e.Active:
		return active
	case e.granted:
		return granted
	case e.due().After(now):
		return later
	default:
		return ready
	}
}

// holdsBranch reports whether the entry keeps the others of its branch from starting.
func (e *entry) holdsBranch() bool {
	refused := e.branchRefused && !e.refusedUntil.Before(e.NotBefore)
	return e.state == granted || e.state == active || (e.state == later && refused)
}

// update records what the item's latest event says.
func (e *entry) update(item Item, now time.Time) {
	switch {
	case item.Active, item.Attempt > e.Attempt:
		// The grant was used, even if the attempt came and went unseen.
		e.granted, e.refusals, e.refusedUntil, e.branchRefused = false, 0, time.Time{}, false
	case item.NotBefore.After(now):
		e.granted = false
	}
	e.Item = item
}

// refuse ends its grant, if it has one, and lets others go first until a time.
func (e *entry) refuse(until time.Time, branch bool) {
	e.granted = false
	e.refusals++
	e.refusedUntil, e.branchRefused = until, branch
}

func byOrder(a, b *entry) bool { return compare(a.Entry, b.Entry) < 0 }
func bySince(a, b *entry) bool { return a.Since.Before(b.Since) }
func byTimer(a, b *entry) bool { return a.wakeAt.Before(b.wakeAt) }
