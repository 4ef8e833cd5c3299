// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSnapshot(t *testing.T) {
	d := newDesk(t, 1)
	if diff := cmp.Diff(Snapshot{}, d.Snapshot(Environment{"no", "body"})); diff != "" {
		t.Errorf("an environment that is not known has an empty queue:\n%s", diff)
	}
	d.put("running")
	d.begin("running")
	for n := range 12 {
		d.now = d.now.Add(time.Second)
		d.put(fmt.Sprintf("i%02d", n), sharing("x"), first(int32(n%2)))
	}
	d.put("backs-off", notBefore(d.now.Add(time.Hour)), first(5))
	s := d.Snapshot(testEnvironment)
	if s.Length != 13 || !s.OldestSince.Equal(epoch.Add(time.Second)) || s.Granted != 0 {
		t.Errorf("what waits is counted, whatever for, and what runs is not: %+v", s)
	}
	var got []string
	for _, w := range s.First {
		got = append(got, w.Name)
	}
	want := []string{"backs-off", "i01", "i03", "i05", "i07", "i09", "i11", "i00", "i02", "i04"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the first ten, in the order that Order gives (-want +got):\n%s", diff)
	}
}

func TestPlace(t *testing.T) {
	d := newDesk(t, 1)
	d.put("granted", sharing("x"))
	d.put("blocked", sharing("x"))
	d.put("ready")
	d.put("later", notBefore(d.now.Add(time.Hour)))
	for key, want := range map[string]Reason{
		"granted": 0, "blocked": ReasonBranchHeld, "ready": ReasonNotFirst, "later": ReasonBackingOff, "unknown": 0,
	} {
		if p := d.Place(key); p.Reason != want || p.Granted != (key == "granted") {
			t.Errorf("%s is at %+v", key, p)
		}
	}
	d.begin("granted")
	if p := d.Place("granted"); p != (Place{}) {
		t.Errorf("what runs waits for nothing: %+v", p)
	}
}

// TestHeap compares the heap with a sorted slice.
func TestHeap(t *testing.T) {
	type element struct{ key, place int }
	r := rand.New(rand.NewPCG(1, 2))
	h := heap[*element]{less: func(a, b *element) bool { return a.key < b.key }, place: func(e *element) *int { return &e.place }}
	var all []*element
	for range 5000 {
		switch n := r.IntN(5); {
		case n < 2 || len(all) == 0:
			e := &element{key: r.IntN(100000)}
			all = append(all, e)
			h.push(e)
		case n == 2:
			i := r.IntN(len(all))
			h.remove(all[i])
			h.remove(all[i]) // it stays outside
			all = slices.Delete(all, i, i+1)
		case n == 3:
			e := all[r.IntN(len(all))]
			e.key = r.IntN(100000)
			h.fix(e)
		}
		slices.SortFunc(all, func(a, b *element) int { return a.key - b.key })
		var want, got []int
		for _, e := range all[:min(7, len(all))] {
			want = append(want, e.key)
		}
		for _, e := range h.first(7) {
			got = append(got, e.key)
		}
		if diff := cmp.Diff(want, got); diff != "" || h.len() != len(all) || !ordered(&h) {
			t.Fatalf("the first seven (-want +got):\n%s", diff)
		}
		if e, ok := h.min(); ok != (len(all) > 0) || (ok && e.key != want[0]) {
			t.Fatal("the first is not the least")
		}
	}
}
