// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

// FreeSlots is how many builds may start on top of those that hold one of the project's slots. held says of
// every slot of the project, by number, whether somebody holds it; another program's row counts as held. It is
// counted over all slots and not over the first few, so that concurrency can be lowered while builds run.
func FreeSlots(held []bool, concurrency int) int {
	return max(0, concurrency-inUse(held))
}

// LowestFree is the number of the lowest slot that nobody holds. It says nothing about whether it may be acquired:
// FreeSlots does.
func LowestFree(held []bool) (int, bool) {
	for n, h := range held {
		if !h {
			return n, true
		}
	}
	return 0, false
}

// Overdrawn reports whether more slots are held than concurrency allows. After acquiring a slot it means that
// another controller acquired one at the same time, and that the slot is to be released.
func Overdrawn(held []bool, concurrency int) bool { return inUse(held) > concurrency }

func inUse(held []bool) int {
	n := 0
	for _, h := range held {
		if h {
			n++
		}
	}
	return n
}
