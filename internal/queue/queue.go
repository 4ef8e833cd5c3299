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
	Key       string    // no two entries share one
	Name      string    // breaks ties between cards of one age
	Priority  int32     // higher is first
	CreatedAt time.Time // the card's, else the object's
	BranchKey string    // the lock table's key of its branch; empty is never held and never shared
}

// Reason is why an entry waits.
type Reason int

// The reasons.
const (
	// ReasonNotFirst: there is no slot for it, or others that could start are before it.
	ReasonNotFirst Reason = iota + 1
	// ReasonBranchHeld: its branch is held, by a running build or by an entry that is before it.
	ReasonBranchHeld
	// ReasonBackingOff: the time of its next attempt has not come.
	ReasonBackingOff
)

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
