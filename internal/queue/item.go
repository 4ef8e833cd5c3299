// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"cmp"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Environment names an environment object. Each has a queue of its own.
type Environment struct{ Namespace, Name string }

func (e Environment) compare(other Environment) int {
	return cmp.Or(cmp.Compare(e.Namespace, other.Namespace), cmp.Compare(e.Name, other.Name))
}

// Item is a work item as the queue sees it: one that waits for its turn, or one that an attempt works on. An item
// that is neither is removed.
type Item struct {
	Entry // its Key is the object's UID
	// Environment is the one that it names.
	Environment Environment
	// Source is what FairBySource is fair between; hand-made items share the empty one.
	Source string
	// Since is since when it waits.
	Since time.Time
	// NotBefore is the earliest that its next attempt may begin; zero is now.
	NotBefore time.Time
	// Attempt is the number of the attempt that works on it, or else of the one that would be next.
	Attempt int32
	// Active says that an attempt works on it.
	Active bool
}

// same reports whether two states of an item are equal, whatever time zones their times are in.
func (i Item) same(other Item) bool {
	if !i.CreatedAt.Equal(other.CreatedAt) || !i.Since.Equal(other.Since) || !i.NotBefore.Equal(other.NotBefore) {
		return false
	}
	i.CreatedAt, i.Since, i.NotBefore = other.CreatedAt, other.Since, other.NotBefore
	return i == other
}

// Queueing is how an environment's items are ordered.
type Queueing int

const (
	// Priority: by priority, then the card's age.
	Priority Queueing = iota
	// FairBySource: by priority; within one priority, the source whose items use the fewest slots is first.
	FairBySource
)

// Settings is what an environment says of its queue. The zero Settings grant nothing.
type Settings struct {
	// Project names what the slots belong to: the lock table and the CodeBuild project. Environments of one project
	// share its slots.
	Project string
	// Concurrency is how many of the project's slots may be in use for one of this environment's items to start.
	Concurrency int
	// Usable says that builds can start there.
	Usable bool
	// Suspend begins nothing new. What was begun goes on.
	Suspend bool
	// Queueing is the order.
	Queueing Queueing
	// Generation is the object's. Another one is a changed environment, which releases its brake.
	Generation int64
}

// Row is a slot's row.
type Row struct {
	// Held says that somebody holds the slot. The rest says who, where it is known.
	Held bool
	// Holder is the UID of the item.
	Holder string
	// Attempt is the holder's.
	Attempt int32
}

// Look is what one consistent read of all of a project's slot rows found.
type Look struct {
	// At is when the read began: what was learned of a slot since then is newer than what the look says of it.
	At time.Time
	// Rows are the slots' rows, by number.
	Rows []Row
	// Others is how many other clusters have demand: items that are ready and find no slot.
	Others int
}

// Grant says that an item may acquire a slot.
type Grant struct {
	Key, Name   string
	Environment Environment
	// Slot is the number of the slot, from 0.
	Slot int
	// Attempt is the number of the attempt that it is granted for.
	Attempt int32
	// Refusals is how often in a row the item was refused before: see RefusalWait.
	Refusals int
	// ExpiresAt is when the grant ends if nothing comes of it.
	ExpiresAt time.Time
}

// Result is what a call comes to.
type Result struct {
	// Grants are the new ones, in the order in which they were made. They are returned once; Place has them until they end.
	Grants []Grant
	// Next is when Tick is to be called; zero is never. At or before the call's own time it means that a look is due.
	Next time.Time
}

// Refusal is what a grant came to nothing for.
type Refusal int

const (
	// RefusedOther: something that concerns this item alone.
	RefusedOther Refusal = iota
	// RefusedBranch: its branch is held, by an item that is not in this queue. All items of the branch wait.
	RefusedBranch
	// RefusedSlot: the slot is held, or too many are. The last look is not believed any more.
	RefusedSlot
)

// RefusalWait is how long an item that was refused lets others go first: 5 to 10 s, growing to 60 s. It is used as
// RefusalWait.Backoff(grant.Refusals+1, random).
var RefusalWait = contract.Retry{
	Base: contract.Duration(10 * time.Second), Factor: 2, Cap: contract.Duration(time.Minute), Jitter: 0.5,
}

// Place is where an item is in its queue.
type Place struct {
	// Granted says that it may acquire the grant's slot.
	Granted bool
	Grant   Grant
	// Reason is why it waits; zero if it does not.
	Reason Reason
}
