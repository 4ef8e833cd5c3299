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
	NotBefore time.Time // a backoff's end; zero is none
}

// Verdict is what the queue says of an entry.
type Verdict int

// The verdicts. All but Admitted mean that the entry waits.
const (
	// Admitted: it may take a slot now.
	Admitted Verdict = iota + 1
	// NotFirst: there is no slot for it, and others that could start are before it.
	NotFirst
	// NoFreeSlot: it is the first that could start, and every slot is in use.
	NoFreeSlot
	// BranchHeld: its branch is held, by a lock row or by an entry that was admitted before it.
	BranchHeld
	// BackingOff: its NotBefore lies ahead.
	BackingOff
)

// Decision is the verdict on one entry.
type Decision struct {
	Entry    Entry
	Verdict  Verdict
	Position int // from 1, in the order of the queue, those that are passed over included
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

// Admit decides on every entry, in the queue's order. heldBranches are the branch keys that somebody holds;
// freeSlots is how many builds may start on top of those that run. At most freeSlots entries are admitted, and
// of entries that share a branch at most one.
func Admit(now time.Time, entries []Entry, heldBranches map[string]bool, freeSlots int) []Decision {
	admittedBranches := map[string]bool{}
	admitted, waiting := 0, 0
	decisions := make([]Decision, 0, len(entries))
	for i, e := range Order(entries) {
		d := Decision{Entry: e, Position: i + 1}
		switch {
		case e.NotBefore.After(now):
			d.Verdict = BackingOff
		case e.BranchKey != "" && (heldBranches[e.BranchKey] || admittedBranches[e.BranchKey]):
			d.Verdict = BranchHeld
		case admitted < freeSlots:
			d.Verdict = Admitted
			admittedBranches[e.BranchKey] = true
			admitted++
		case admitted+waiting > 0:
			d.Verdict = NotFirst
			waiting++
		default:
			d.Verdict = NoFreeSlot
			waiting++
		}
		decisions = append(decisions, d)
	}
	return decisions
}

// Find returns the decision on one entry.
func Find(decisions []Decision, key string) (Decision, bool) {
	i := slices.IndexFunc(decisions, func(d Decision) bool { return d.Entry.Key == key })
	if i < 0 {
		return Decision{}, false
	}
	return decisions[i], true
}
