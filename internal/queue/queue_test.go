// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var epoch = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func waiter(name string, change ...func(*Entry)) Entry {
	e := Entry{Key: "team/" + name, Name: name, CreatedAt: epoch, BranchKey: "branch#" + name}
	for _, c := range change {
		c(&e)
	}
	return e
}

func priority(p int32) func(*Entry)    { return func(e *Entry) { e.Priority = p } }
func age(d time.Duration) func(*Entry) { return func(e *Entry) { e.CreatedAt = epoch.Add(-d) } }
func onBranch(b string) func(*Entry)   { return func(e *Entry) { e.BranchKey = b } }
func backingOff(e *Entry)              { e.BackingOff = true }

func TestOrder(t *testing.T) {
	cases := []struct {
		why  string
		in   []Entry
		want []string
	}{
		{"an empty queue has nobody in it", nil, nil},
		{
			"priority goes before age: that is what people set it for",
			[]Entry{waiter("old", age(time.Hour)), waiter("urgent", priority(5)), waiter("later", priority(-5), age(2*time.Hour))},
			[]string{"urgent", "old", "later"},
		},
		{
			"among equals the oldest card is first, or a busy board would starve it",
			[]Entry{waiter("young"), waiter("old", age(time.Hour)), waiter("middle", age(time.Minute))},
			[]string{"old", "middle", "young"},
		},
		{
			"cards of one second are told apart by name, so that every controller sees one order",
			[]Entry{waiter("b"), waiter("a"), waiter("c")},
			[]string{"a", "b", "c"},
		},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if diff := cmp.Diff(c.want, names(Order(c.in))); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOrderLeavesItsInputAlone(t *testing.T) {
	in := []Entry{waiter("b"), waiter("a")}
	Order(in)
	if diff := cmp.Diff([]string{"b", "a"}, names(in)); diff != "" {
		t.Errorf("the caller's slice was sorted (-want +got):\n%s", diff)
	}
}

func TestDecide(t *testing.T) {
	cases := []struct {
		why  string
		in   []Entry
		held map[string]bool
		free int
		want []string // "position name verdict"
	}{
		{
			"with a slot for everybody all start",
			[]Entry{waiter("a"), waiter("b")}, nil, 2,
			[]string{"1 a Admitted", "2 b Admitted"},
		},
		{
			"one slot goes to the first; the second hears that it is not first",
			[]Entry{waiter("a"), waiter("b")}, nil, 1,
			[]string{"1 a Admitted", "2 b NotFirst"},
		},
		{
			"with no slot only the first waits for the slot, the others wait for the first",
			[]Entry{waiter("a"), waiter("b"), waiter("c")}, nil, 0,
			[]string{"1 a NoFreeSlot", "2 b NotFirst", "3 c NotFirst"},
		},
		{
			"an item whose branch is held is passed over, and the next gets the slot",
			[]Entry{waiter("a"), waiter("b")}, map[string]bool{"branch#a": true}, 1,
			[]string{"1 a BranchHeld", "2 b Admitted"},
		},
		{
			"two items of one branch never start together, although two slots are free",
			[]Entry{waiter("a", onBranch("x")), waiter("b", onBranch("x")), waiter("c")}, nil, 2,
			[]string{"1 a Admitted", "2 b BranchHeld", "3 c Admitted"},
		},
		{
			"the second of a branch waits for its turn, not for the branch, while the first waits too",
			[]Entry{waiter("a", onBranch("x")), waiter("b", onBranch("x"))}, nil, 0,
			[]string{"1 a NoFreeSlot", "2 b NotFirst"},
		},
		{
			"an item that backs off is passed over, however urgent it is",
			[]Entry{waiter("a", priority(9), backingOff), waiter("b")}, nil, 1,
			[]string{"1 a BackingOff", "2 b Admitted"},
		},
		{
			"behind one that is passed over, the first that could start is told that slots are short",
			[]Entry{waiter("a", backingOff), waiter("b"), waiter("c")}, nil, 0,
			[]string{"1 a BackingOff", "2 b NoFreeSlot", "3 c NotFirst"},
		},
		{
			"items without a branch key do not exclude each other",
			[]Entry{waiter("a", onBranch("")), waiter("b", onBranch(""))}, map[string]bool{"": true}, 2,
			[]string{"1 a Admitted", "2 b Admitted"},
		},
		{
			"more builds than slots (concurrency was lowered) admit nobody",
			[]Entry{waiter("a")}, nil, -3,
			[]string{"1 a NoFreeSlot"},
		},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			decisions := Decide(c.in, c.held, c.free)
			var got []string
			for _, e := range Order(c.in) {
				d := decisions[e.Key]
				got = append(got, fmt.Sprintf("%d %s %s", d.Position, e.Name, decided(d)))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("decisions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSlots(t *testing.T) {
	cases := []struct {
		why         string
		held        []bool
		concurrency int
		free        int
		lowest      int
		hasLowest   bool
		overdrawn   bool
	}{
		{"an idle project has all of its concurrency free", make([]bool, 3), 2, 2, 0, true, false},
		{"what is held is counted wherever it lies", []bool{false, false, true}, 2, 1, 0, true, false},
		{"a slot in use is not offered", []bool{true, false, true}, 3, 1, 1, true, false},
		{"as many builds as slots leave none", []bool{true, true, false}, 2, 0, 2, true, false},
		{"concurrency was lowered while builds run: none is free, and none is negative", []bool{true, true, false}, 1, 0, 2, true, true},
		{"a full project offers no slot", []bool{true, true}, 2, 0, 0, false, false},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := FreeSlots(c.held, c.concurrency); got != c.free {
				t.Errorf("%d free, want %d", got, c.free)
			}
			if n, ok := LowestFree(c.held); n != c.lowest || ok != c.hasLowest {
				t.Errorf("lowest free is %d, %t; want %d, %t", n, ok, c.lowest, c.hasLowest)
			}
			if got := Overdrawn(c.held, c.concurrency); got != c.overdrawn {
				t.Errorf("overdrawn is %t, want %t", got, c.overdrawn)
			}
		})
	}
}

func decided(d Decision) string {
	if d.Admitted {
		return "Admitted"
	}
	return map[Reason]string{
		ReasonNotFirst: "NotFirst", ReasonNoFreeSlot: "NoFreeSlot",
		ReasonBranchHeld: "BranchHeld", ReasonBackingOff: "BackingOff",
	}[d.Reason]
}

func names(entries []Entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Name)
	}
	return out
}
