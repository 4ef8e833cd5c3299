// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDecideHoldsItsPromises checks on random queues what the table above shows on chosen ones. A failure prints
// its seed, and the seed gives the same queue again.
func TestDecideHoldsItsPromises(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		entries, held, free := randomQueue(r)
		decisions := Decide(entries, held, free)
		if broken := brokenPromise(entries, held, free, decisions); broken != "" {
			t.Fatalf("seed %d: %s\nentries %+v\nheld %v, %d free\ndecisions %+v", seed, broken, entries, held, free, decisions)
		}

		shuffled := append([]Entry(nil), entries...)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(decisions, Decide(shuffled, held, free)); diff != "" {
			t.Fatalf("seed %d: the order of the input changed the decisions (-first +second):\n%s", seed, diff)
		}
	}
}

// TestThePromisesCanBeBroken shows that the check above bites.
func TestThePromisesCanBeBroken(t *testing.T) {
	a, b := waiter("a"), waiter("b", age(time.Hour))
	first, second := Decision{Admitted: true, Position: 1}, Decision{Reason: ReasonNotFirst, Position: 2}
	cases := []struct {
		why       string
		decisions map[string]Decision
	}{
		{"more admitted than slots are free", map[string]Decision{b.Key: first, a.Key: {Admitted: true, Position: 2}}},
		{"the younger is before the older", map[string]Decision{a.Key: first, b.Key: second}},
		{"a free slot was given to nobody", map[string]Decision{b.Key: {Reason: ReasonNoFreeSlot, Position: 1}, a.Key: second}},
		{"an entry got lost", map[string]Decision{b.Key: first}},
		{"the first was passed over for no reason", map[string]Decision{b.Key: {Reason: ReasonNotFirst, Position: 1}, a.Key: {Admitted: true, Position: 2}}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if brokenPromise([]Entry{a, b}, nil, 1, c.decisions) == "" {
				t.Error("the check did not notice")
			}
		})
	}
	if brokenPromise([]Entry{a}, map[string]bool{a.BranchKey: true}, 1, map[string]Decision{a.Key: first}) == "" {
		t.Error("the check did not notice that a held branch was admitted")
	}
}

func randomQueue(r *rand.Rand) (entries []Entry, held map[string]bool, free int) {
	held = map[string]bool{}
	for n := range r.IntN(12) {
		name := fmt.Sprintf("item-%d", n)
		entries = append(entries, Entry{
			Key: "team/" + name, Name: name,
			Priority:   int32(r.IntN(3)),
			CreatedAt:  epoch.Add(time.Duration(r.IntN(3)) * time.Minute),
			BranchKey:  fmt.Sprintf("branch-%d", r.IntN(6)),
			BackingOff: r.IntN(4) == 0,
		})
	}
	for n := range 6 {
		held[fmt.Sprintf("branch-%d", n)] = r.IntN(4) == 0
	}
	return entries, held, r.IntN(6) - 1
}

// brokenPromise names the first promise of Decide that the decisions break, or nothing.
func brokenPromise(entries []Entry, held map[string]bool, free int, decisions map[string]Decision) string {
	if len(decisions) != len(entries) {
		return "not every entry was decided on"
	}
	admitted, blocked := 0, false
	branches := map[string]bool{}
	for i, e := range Order(entries) {
		d := decisions[e.Key]
		if d.Position != i+1 {
			return "the position of " + e.Name + " is not its place in the order"
		}
		startable := !held[e.BranchKey] && !branches[e.BranchKey] && !e.BackingOff
		if !d.Admitted {
			blocked = blocked || startable
			continue
		}
		switch {
		case !startable:
			return e.Name + " was admitted and could not start"
		case blocked:
			return e.Name + " was admitted before one that could start"
		}
		branches[e.BranchKey] = true
		admitted++
	}
	switch {
	case admitted > max(0, free):
		return "more were admitted than slots are free"
	case blocked && admitted < free:
		return "a slot stayed free although an entry could start"
	}
	return ""
}
