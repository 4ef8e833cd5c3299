// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

const (
	day   = "budget#project/p#2026-11-23"
	month = "budget#project/p#2026-11"
)

// drawing has a request set one build, ten minutes and two credits aside in budgets that allow so many builds.
func drawing(builds int64, keys ...string) func(*lock.Request) {
	return func(r *lock.Request) {
		r.Reserve = contract.Usage{Builds: 1, Seconds: 600, Millicredits: 2000}
		most := contract.Unlimited
		most.Builds = builds
		for _, key := range keys {
			r.Draws = append(r.Draws, lock.Draw{Key: key, Most: most, DeleteAt: start.Add(time.Hour)})
		}
	}
}

// elsewhere has a request take a slot and a branch of its own.
func elsewhere(slot, branch string) func(*lock.Request) {
	return func(r *lock.Request) { r.SlotKey, r.BranchKey, r.CardKey = slot, branch, "card#github/"+branch }
}

func (f *table) drawn(t *testing.T, key string) lock.Drawn {
	t.Helper()
	drawn, err := f.Drawn(t.Context(), []string{key}, "")
	must(t, err)
	return drawn[key]
}

func TestBudgetsAreDrawnWithTheLock(t *testing.T) {
	f := newTable(t)
	l := f.mustAcquire(t, request("L1", drawing(2, day, month)))
	if len(l.Budgets) != 2 {
		t.Errorf("the lock has drawn from %v", l.Budgets)
	}
	want := lock.Drawn{Usage: contract.Usage{Builds: 1, Seconds: 600, Millicredits: 2000}, Open: 1}
	if got := f.drawn(t, day); got != want || f.drawn(t, month) != want {
		t.Errorf("set aside is %+v", got)
	}
	// Acquired already: nothing is set aside a second time.
	if again := f.mustAcquire(t, request("L1", drawing(2, day, month))); len(again.Budgets) != 2 || f.drawn(t, day) != want {
		t.Errorf("after a crash %v, %+v", again.Budgets, f.drawn(t, day))
	}
	// A lock that is refused for another reason has drawn nothing.
	_, err := f.Acquire(t.Context(), request("L2", drawing(2, day, month)))
	wantRefusal(t, "the branch is held", err, lock.ErrHeld, branch)
	if f.drawn(t, day) != want {
		t.Errorf("a refused lock has drawn: %+v", f.drawn(t, day))
	}
	f.mustAcquire(t, request("L3", elsewhere(slot1, "branch#b"), drawing(2, day, month)))
	_, err = f.Acquire(t.Context(), request("L4", elsewhere("slot#p#2", "branch#c"), drawing(2, day, month)))
	r := wantRefusal(t, "two of two builds are drawn", err, lock.ErrBudgetExhausted, day)
	if r.Drawn.Builds != 2 || r.Drawn.Open != 2 {
		t.Errorf("the refusal says %+v", r.Drawn)
	}
	f.wantRaw(t, "and nothing is held", "branch#c", "absent")
}

func TestBudgetThatNeverHasEnough(t *testing.T) {
	f := newTable(t)
	_, err := f.Acquire(t.Context(), request("L1", drawing(0, day)))
	wantRefusal(t, "an absent row would allow anything", err, lock.ErrBudgetExhausted, day)
	f.wantRaw(t, "nothing is written", day, "absent")
}

func TestSettling(t *testing.T) {
	f := newTable(t)
	l := f.mustAcquire(t, request("L1", drawing(5, day, month)))
	used := contract.Usage{Builds: 1, Seconds: 90, Millicredits: 12500}
	for range 2 { // a repeated conclusion counts once
		must(t, f.Settle(t.Context(), l.Budgets, "L1", used))
		if got := f.drawn(t, day); got.Usage != used || got.Open != 0 || f.drawn(t, month).Usage != used {
			t.Errorf("settled is %+v", got)
		}
	}
	must(t, f.Settle(t.Context(), l.Budgets, "L9", contract.Usage{Builds: 7})) // who has set nothing aside
	must(t, f.Settle(t.Context(), []string{"budget#gone"}, "L1", used))        // time to live has deleted it
	must(t, f.Settle(t.Context(), nil, "L1", used))
	if got := f.drawn(t, day); got.Usage != used {
		t.Errorf("what others settle changed it: %+v", got)
	}
	f.wantRaw(t, "a row that is gone stays gone", "budget#gone", "absent")
}

func TestSettlingWithALostAnswer(t *testing.T) {
	f := newTable(t)
	l := f.mustAcquire(t, request("L1", drawing(5, day)))
	remove := f.faults(t).Add(faults.Rule{Operation: "TransactWriteItems", Fault: faults.Fault{LoseAnswer: true}})
	if err := f.Settle(t.Context(), l.Budgets, "L1", contract.Usage{}); err == nil {
		t.Fatal("no answer is no success")
	}
	remove()
	must(t, f.Settle(t.Context(), l.Budgets, "L1", contract.Usage{}))
	if got := f.drawn(t, day); got != (lock.Drawn{}) {
		t.Errorf("left is %+v", got)
	}
}

// Many that draw at once get what there is and no more.
func TestNoBudgetIsOverdrawn(t *testing.T) {
	f := newTable(t)
	const most, tries = 3, 12
	var acquired atomic.Int64
	var wg sync.WaitGroup
	for n := range tries {
		wg.Go(func() {
			name := string(rune('a' + n))
			_, err := f.Acquire(t.Context(), request(name, elsewhere("slot#p#"+name, "branch#"+name), drawing(most, day)))
			if err == nil {
				acquired.Add(1)
			}
		})
	}
	wg.Wait()
	if got := f.drawn(t, day); got.Builds > most || got.Builds != acquired.Load() || got.Open != int(acquired.Load()) {
		t.Errorf("%d of %d have acquired, and %+v is drawn", acquired.Load(), most, got)
	}
}

func TestTriggersAreCountedOnce(t *testing.T) {
	f := newTable(t)
	const key = "budget#card#github/1#triggers#2026-11-23"
	n := 0
	try := func(trigger time.Time) error {
		n++
		name := string(rune('a' + n))
		_, err := f.Acquire(t.Context(), request(name, func(r *lock.Request) {
			r.SlotKey, r.BranchKey, r.Trigger = "slot#p#"+name, "branch#"+name, trigger
			r.TriggerCap = &lock.TriggerCap{Key: key, Most: 2, DeleteAt: start.Add(time.Hour)}
		}))
		return err
	}
	first := start.Add(-3 * time.Hour)
	must(t, try(first))
	must(t, try(first)) // the next attempt of the same trigger
	must(t, try(first.Add(time.Minute)))
	wantRefusal(t, "a third trigger", try(first.Add(2*time.Minute)), lock.ErrTriggerLimit, key)
	must(t, try(first.Add(time.Minute))) // one that was counted goes on
}
