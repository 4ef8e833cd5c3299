// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"math"
	"testing"
)

// TestModelBites: the check of histories would be worth nothing if it accepted every one.
func TestModelBites(t *testing.T) {
	const branchRow, slotRow = "branch#x", "slot#x"
	acquired := func(id string, call, answer int64, how outcome) operation {
		a := act{kind: kindAcquire, lockID: id, expires: 100, nowMillis: 5}
		b := a
		a.key, b.key = branchRow, slotRow
		return operation{in: input{acts: []act{a, b}, token: id}, out: output{outcome: how}, call: call, answer: answer}
	}
	claimed := func(id, build string, fence, call, answer int64) operation {
		a := act{kind: kindClaim, lockID: id, fence: fence, build: build, expires: 200}
		b := a
		a.key, b.key, b.fence = branchRow, slotRow, 0
		return operation{in: input{acts: []act{a, b}}, out: output{outcome: done}, call: call, answer: answer}
	}
	read := func(r row, call, answer int64) operation {
		return operation{in: input{read: branchRow}, out: output{outcome: done, row: r}, call: call, answer: answer}
	}
	acquiredRow := row{exists: true, lockID: "a", status: inProgress, fence: 6, expires: 100}
	for name, c := range map[string]struct {
		why  string
		log  []operation
		good bool
	}{
		"one after the other": {"acquired, claimed and read", []operation{
			acquired("a", 1, 2, done), read(acquiredRow, 3, 4), claimed("a", "b1", 6, 5, 6),
		}, true},
		"two acquire it": {"both cannot have it", []operation{acquired("a", 1, 4, done), acquired("b", 2, 3, done)}, false},
		"two claims": {"two builds for one lock", []operation{
			acquired("a", 1, 2, done), claimed("a", "b1", 6, 3, 4), claimed("a", "b2", 6, 5, 6),
		}, false},
		"old fence":          {"a holder from the past", []operation{acquired("a", 1, 2, done), claimed("a", "b1", 5, 3, 4)}, false},
		"stale read":         {"what was written before is seen", []operation{acquired("a", 1, 2, done), read(row{}, 3, 4)}, false},
		"read while written": {"either is right while it is under way", []operation{acquired("a", 1, 5, done), read(row{}, 2, 3)}, true},
		"lost answer, happened": {"the next sees it", []operation{
			acquired("a", 1, math.MaxInt64, unknown), read(acquiredRow, 3, 4),
		}, true},
		"lost answer, did not happen": {"nobody ever sees it", []operation{
			acquired("a", 1, math.MaxInt64, unknown), read(row{}, 3, 4), acquired("b", 5, 6, done),
		}, true},
		"lost answer, seen and gone": {"it cannot be undone", []operation{
			acquired("a", 1, math.MaxInt64, unknown), read(acquiredRow, 3, 4), read(row{}, 5, 6),
		}, false},
		"wiped": {"a table that was made again knows nobody", []operation{
			acquired("a", 1, 2, done), {in: input{wipe: true}, out: output{outcome: done}, call: 3, answer: 4},
			read(row{}, 5, 6), acquired("b", 7, 8, done),
		}, true},
		"not wiped": {"and one that is still there does", []operation{
			acquired("a", 1, 2, done), read(row{}, 5, 6), acquired("b", 7, 8, done),
		}, false},
		"sent again": {"a token that was used has no second effect", []operation{
			acquired("a", 1, 2, done), claimed("a", "b1", 6, 3, 4), acquired("a", 5, 6, done),
			read(row{exists: true, lockID: "a", status: inProgress, fence: 6, expires: 200, build: "b1"}, 7, 8),
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := linearizable(c.log)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.good {
				t.Errorf("%s: linearizable is %v", c.why, got)
			}
		})
	}
}
