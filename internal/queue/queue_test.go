// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
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

func TestOverdrawn(t *testing.T) {
	cases := []struct {
		why         string
		held        []bool
		concurrency int
		want        bool
	}{
		{"an idle project", make([]bool, 3), 2, false},
		{"as many builds as slots", []bool{true, false, true}, 2, false},
		{"concurrency was lowered while builds run, or two controllers met", []bool{true, true, false}, 1, true},
		{"what is held is counted wherever it is", []bool{false, true, true}, 1, true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := Overdrawn(c.held, c.concurrency); got != c.want {
				t.Errorf("overdrawn is %t, want %t", got, c.want)
			}
		})
	}
}

func names(entries []Entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Name)
	}
	return out
}
