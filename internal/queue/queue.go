// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"cmp"
	"slices"
	"time"
)

// Entry is one work item that waits for a slot of its environment.
type Entry struct {
	Key       string    // "namespace/name"; no two entries share one
	Name      string    // breaks ties between cards of one age
	Priority  int32     // higher is first
	CreatedAt time.Time // the card's, else the object's
	BranchKey string    // the lock table's key of its branch; empty is never held and never shared
	// BackingOff says that the time of its next attempt has not come.
	BackingOff bool
}

// Reason is why an entry waits.
type Reason int

// The reasons.
const (
	// ReasonNotFirst: there is no slot for it, and others that could start are before it.
	ReasonNotFirst Reason = iota + 1
	// ReasonNoFreeSlot: it is the first that could start, and every slot is in use.
	ReasonNoFreeSlot
	// ReasonBranchHeld: its branch is held, by a running build or by an entry that was admitted before it.
	ReasonBranchHeld
	// ReasonBackingOff: the time of its next attempt has not come.
	ReasonBackingOff
)

// Decision is what the queue says of one entry.
type Decision struct {
	Admitted bool   // it may acquire a slot now
	Reason   Reason // why it waits; zero if it was admitted
	Position int    // from 1, in the order of the queue, those that are passed over included
}

// Order returns the entries in the order in which they should start. Ties are broken down to the key, so that
// the order does not depend on the order of the input. The input stays as it is.
func Order(entries []Entry) []Entry {
	ordered := slices.Clone(entries)
	slices.SortFunc(ordered, compare)
	return ordered
}

func compare(a, b Entry) int {
	return cmp.Or(
		cmp.Compare(b.Priority, a.Priority),
		a.CreatedAt.Compare(b.CreatedAt),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.Key, b.Key),
	)
}

// Decide decides on every entry, by key. heldBranches are the branch keys that somebody holds; freeSlots is how
// many builds may start on top of those that run. At most freeSlots entries are admitted, and of entries that
// share a branch at most one.
func Decide(entries []Entry, heldBranches map[string]bool, freeSlots int) map[string]Decision {
	admittedBranches := map[string]bool{}
	admitted, waiting := 0, 0
	decisions := make(map[string]Decision, len(entries))
	for i, e := range Order(entries) {
		d := Decision{Position: i + 1}
		switch {
		case e.BackingOff:
			d.Reason = ReasonBackingOff
		case e.BranchKey != "" && (heldBranches[e.BranchKey] || admittedBranches[e.BranchKey]):
			d.Reason = ReasonBranchHeld
		case admitted < freeSlots:
			d.Admitted = true
			admittedBranches[e.BranchKey] = true
			admitted++
		case admitted+waiting > 0:
			d.Reason = ReasonNotFirst
			waiting++
		default:
			d.Reason = ReasonNoFreeSlot
			waiting++
		}
		decisions[e.Key] = d
	}
	return decisions
}
