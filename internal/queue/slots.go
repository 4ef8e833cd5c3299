// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

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
