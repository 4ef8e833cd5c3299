// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
)

const acquiredL1 = "expiresAt=1h30m0s fence=1 lockId=L1 status=in_progress"

func TestTake(t *testing.T) {
	type refusal struct {
		err error
		key string
	}
	otherSlot := func(r *lock.Request) { r.SlotKey = slot1 }
	otherBranch := func(r *lock.Request) { r.BranchKey += "2" }
	acquired := lock.Lock{LockID: "L1", Fence: start.UnixMilli() + 1, SlotKey: slot0, BranchKey: branch, CardKey: card}
	cardRow := func(trigger time.Time) emulator.Row {
		return emulator.Row{"trigger": emulator.Number(trigger.UnixMilli()), "lockId": emulator.String("old"),
			"outcome": emulator.String("Succeeded"), "result": emulator.String("{}")}
	}
	tests := map[string]struct {
		why     string
		before  func(*testing.T, *table)
		request lock.Request
		want    lock.Lock
		refused *refusal
		branch  string
		slot    string
	}{
		"Free": {
			why:     "absent rows are free, and the fence starts at the time",
			request: request("L1"), want: acquired, branch: acquiredL1, slot: acquiredL1,
		},
		"Freed": {
			why: "what the last attempt left behind would be mistaken for this one's",
			before: func(t *testing.T, f *table) {
				left := emulator.Row{"status": emulator.String("complete"), "lockId": emulator.String("L0"),
					"buildId": emulator.String(buildA), "heartbeatAt": emulator.Number(1), "stage": emulator.String("test"),
					"tasks":   {"M": map[string]any{"done": emulator.Number(1), "total": emulator.Number(2)}},
					"outcome": emulator.String("Succeeded"), "result": emulator.String("{}"),
					"deleteAt": emulator.Number(1), "fence": emulator.Number(start.UnixMilli() + 5)}
				f.put(t, branch, left)
				f.put(t, slot0, left)
			},
			request: request("L1"),
			want:    lock.Lock{LockID: "L1", Fence: start.UnixMilli() + 6, SlotKey: slot0, BranchKey: branch, CardKey: card},
			branch:  "expiresAt=1h30m0s fence=6 lockId=L1 status=in_progress",
			slot:    "expiresAt=1h30m0s fence=6 lockId=L1 status=in_progress",
		},
		"Acquired already": {
			why:     "after a crash the same attempt finds its lock, with the fence that it had",
			before:  func(t *testing.T, f *table) { f.mustAcquire(t, request("L1")) },
			request: request("L1", func(r *lock.Request) { r.Now = start.Add(time.Hour) }),
			want:    acquired, branch: acquiredL1, slot: acquiredL1,
		},
		"Acquired already, with another slot": {
			why:     "the caller chose another slot after its crash: it must get the first, and not hold two",
			before:  func(t *testing.T, f *table) { f.mustAcquire(t, request("L1")) },
			request: request("L1", otherSlot), want: acquired, branch: acquiredL1, slot: acquiredL1,
		},
		"Acquired already, the chosen slot is another's": {
			why: "the slot's refusal must not hide that the lock is there",
			before: func(t *testing.T, f *table) {
				f.mustAcquire(t, request("L1"))
				f.mustAcquire(t, request("L2", otherSlot, otherBranch))
			},
			request: request("L1", otherSlot), want: acquired, branch: acquiredL1, slot: acquiredL1,
		},
		"Acquired already, claimed since": {
			why: "what the build wrote is not touched",
			before: func(t *testing.T, f *table) {
				f.mustClaim(t, f.mustAcquire(t, request("L1")), buildA)
			},
			request: request("L1"), want: acquired,
			branch: "buildId=kiro:a " + acquiredL1, slot: "buildId=kiro:a " + acquiredL1,
		},
		"Over": {
			why: "an attempt that was abandoned is never begun again",
			before: func(t *testing.T, f *table) {
				f.mustAcquire(t, request("L1"))
				if err := f.Abandon(t.Context(), f.mustRow(t, branch), start); err != nil {
					t.Fatal(err)
				}
			},
			request: request("L1", otherSlot), refused: &refusal{lock.ErrAttemptOver, branch},
			branch: "deleteAt=720h0m0s expiresAt=1h30m0s fence=1 lockId=L1 status=failed",
			slot:   "deleteAt=720h0m0s expiresAt=1h30m0s fence=1 lockId=L1 status=failed",
		},
		"Branch held": {
			why:     "two attempts never work on one branch",
			before:  func(t *testing.T, f *table) { f.mustAcquire(t, request("L1")) },
			request: request("L2", otherSlot), refused: &refusal{lock.ErrHeld, branch}, branch: acquiredL1, slot: acquiredL1,
		},
		"Branch held, lease over": {
			why:     "time alone never frees what somebody holds",
			before:  func(t *testing.T, f *table) { f.mustAcquire(t, request("L1")) },
			request: request("L2", otherSlot, func(r *lock.Request) { r.Now = start.AddDate(0, 0, 7) }),
			refused: &refusal{lock.ErrHeld, branch}, branch: acquiredL1, slot: acquiredL1,
		},
		"Slot held": {
			why:     "a slot is one build's",
			before:  func(t *testing.T, f *table) { f.mustAcquire(t, request("L1")) },
			request: request("L2", otherBranch), refused: &refusal{lock.ErrHeld, slot0}, branch: acquiredL1, slot: acquiredL1,
		},
		"Processed": {
			why:     "one trigger is processed once, whichever cluster sees it",
			before:  func(t *testing.T, f *table) { f.put(t, card, cardRow(start.Add(-time.Hour))) },
			request: request("L1"), refused: &refusal{lock.ErrAlreadyDone, card}, branch: "absent", slot: "absent",
		},
		"Processed later": {
			why:     "a record of a later trigger covers the earlier one",
			before:  func(t *testing.T, f *table) { f.put(t, card, cardRow(start)) },
			request: request("L1"), refused: &refusal{lock.ErrAlreadyDone, card}, branch: "absent", slot: "absent",
		},
		"Triggered again": {
			why:     "a new trigger is new work",
			before:  func(t *testing.T, f *table) { f.put(t, card, cardRow(start.Add(-time.Hour-time.Millisecond))) },
			request: request("L1"), want: acquired, branch: acquiredL1, slot: acquiredL1,
		},
		"Another program's branch row": {
			why: "a row without a fence was not written by us, even if it looks free",
			before: func(t *testing.T, f *table) {
				f.put(t, branch, emulator.Row{"status": emulator.String("complete"), "lockId": emulator.String("x")})
			},
			request: request("L1"), refused: &refusal{lock.ErrForeign, branch},
			branch: "lockId=x status=complete", slot: "absent",
		},
		"Another program's slot row": {
			why:     "the same, for slots",
			before:  func(t *testing.T, f *table) { f.put(t, slot0, emulator.Row{"owner": emulator.String("x")}) },
			request: request("L1"), refused: &refusal{lock.ErrForeign, slot0}, branch: "absent", slot: "owner=x",
		},
		"Another program's card row": {
			why:     "the same, for cards",
			before:  func(t *testing.T, f *table) { f.put(t, card, emulator.Row{"owner": emulator.String("x")}) },
			request: request("L1"), refused: &refusal{lock.ErrForeign, card}, branch: "absent", slot: "absent",
		},
		"A fence that is no whole number": {
			why: "the condition cannot tell it from ours: what was acquired is given back, branch and slot",
			before: func(t *testing.T, f *table) {
				f.put(t, branch, emulator.Row{"fence": {"N": "1.5"}, "status": emulator.String("complete")})
			},
			request: request("L1"), refused: &refusal{lock.ErrForeign, branch},
			branch: "deleteAt=720h0m0s expiresAt=1h30m0s fence=2.5 lockId=L1 status=failed",
			slot:   "deleteAt=720h0m0s expiresAt=1h30m0s fence=1 lockId=L1 status=failed",
		},
		"A fence that is no whole number, again": {
			why: "nothing more is written to a row that was given back",
			before: func(t *testing.T, f *table) {
				f.put(t, branch, emulator.Row{"fence": {"N": "1.5"}, "status": emulator.String("complete")})
				_, _ = f.Acquire(t.Context(), request("L1"))
			},
			request: request("L1"), refused: &refusal{lock.ErrForeign, branch},
			branch: "deleteAt=720h0m0s expiresAt=1h30m0s fence=2.5 lockId=L1 status=failed",
			slot:   "deleteAt=720h0m0s expiresAt=1h30m0s fence=1 lockId=L1 status=failed",
		},
		"A fence that is no number": {
			why: "another program may have an attribute of that name",
			before: func(t *testing.T, f *table) {
				f.put(t, branch, emulator.Row{"fence": emulator.String("x"), "status": emulator.String("complete")})
			},
			request: request("L1"), refused: &refusal{lock.ErrForeign, branch}, branch: "fence=x status=complete", slot: "absent",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := newTable(t)
			if tc.before != nil {
				tc.before(t, f)
			}
			got, err := f.Acquire(t.Context(), tc.request)
			if tc.refused != nil {
				wantRefusal(t, tc.why, err, tc.refused.err, tc.refused.key)
			} else if err != nil {
				t.Fatalf("%s: %v", tc.why, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", tc.why, diff)
			}
			f.wantRaw(t, tc.why, branch, tc.branch)
			f.wantRaw(t, tc.why, slot0, tc.slot)
			if tc.request.SlotKey == slot1 && name != "Acquired already, the chosen slot is another's" {
				f.wantRaw(t, tc.why, slot1, "absent")
			}
		})
	}
}

func TestAlreadyDoneTellsTheRecord(t *testing.T) {
	f := newTable(t)
	f.put(t, card, emulator.Row{"trigger": emulator.Number(start.UnixMilli()), "lockId": emulator.String("L0"),
		"outcome": emulator.String("TestsFailed"), "result": emulator.String(`{"version":1}`)})
	_, err := f.Acquire(t.Context(), request("L1"))
	r := wantRefusal(t, "the recorded result is the item's result", err, lock.ErrAlreadyDone, card)
	want := lock.CardRow{Exists: true, Trigger: start, LockID: "L0", Outcome: contract.OutcomeTestsFailed, Result: `{"version":1}`}
	if diff := cmp.Diff(want, r.Card); diff != "" {
		t.Error(diff)
	}
}

func TestHeldTellsTheHolder(t *testing.T) {
	f := newTable(t)
	f.mustClaim(t, f.mustAcquire(t, request("L1")), buildA)
	_, err := f.Acquire(t.Context(), request("L2", func(r *lock.Request) { r.SlotKey = slot1 }))
	r := wantRefusal(t, "the message says who holds the branch", err, lock.ErrHeld, branch)
	want := lock.Row{Key: branch, Exists: true, LockID: "L1", WorkItemID: "cluster/team/item-L1", Holder: "uid-L1",
		BuildID: buildA, Status: contract.StatusInProgress, Fence: start.UnixMilli() + 1, Attempt: 1,
		ExpiresAt: start.Add(90 * time.Minute), CreatedAt: start, SlotKey: slot0, BranchKey: branch, CardKey: card, ProjectARN: project}
	if diff := cmp.Diff(want, r.Row); diff != "" {
		t.Error(diff)
	}
}

func TestFenceGrowsOverDeletedRows(t *testing.T) {
	f := newTable(t)
	first := f.mustAcquire(t, request("L1"))
	for _, key := range []string{branch, slot0} {
		f.deleteRow(t, key)
	}
	second := f.mustAcquire(t, request("L2", func(r *lock.Request) { r.Now = start.Add(time.Second) }))
	if second.Fence <= first.Fence {
		t.Errorf("time to live deleted the rows, and the fence fell from %d to %d", first.Fence, second.Fence)
	}
}

func TestAcquireWithALostAnswer(t *testing.T) {
	t.Run("once", func(t *testing.T) {
		f := newTable(t)
		f.faults(t).Add(faults.Rule{Operation: "TransactWriteItems", Nth: 1, Fault: faults.Fault{LoseAnswer: true}})
		l := f.mustAcquire(t, request("L1"))
		if l.Fence != start.UnixMilli()+1 {
			t.Errorf("the SDK's own retry acquired the lock twice: fence %d", l.Fence-start.UnixMilli())
		}
	})
	t.Run("for good", func(t *testing.T) {
		f := newTable(t)
		remove := f.faults(t).Add(faults.Rule{Operation: "TransactWriteItems", Fault: faults.Fault{LoseAnswer: true}})
		if _, err := f.Acquire(t.Context(), request("L1")); err == nil {
			t.Fatal("no answer is no success")
		}
		remove()
		l := f.mustAcquire(t, request("L1", func(r *lock.Request) { r.SlotKey = slot1 }))
		if l.Fence != start.UnixMilli()+1 || l.SlotKey != slot0 {
			t.Errorf("the next try is to find the lock that it has; got fence %d, slot %s", l.Fence-start.UnixMilli(), l.SlotKey)
		}
		f.wantRaw(t, "one attempt holds one slot", slot1, "absent")
	})
	t.Run("of the read", func(t *testing.T) {
		f := newTable(t)
		remove := f.faults(t).Add(faults.Rule{Operation: "GetItem", Fault: faults.Fault{Drop: true}})
		if _, err := f.Acquire(t.Context(), request("L1")); err == nil {
			t.Fatal("a lock without its fence is no lock")
		}
		remove()
		f.mustAcquire(t, request("L1"))
	})
}

func TestConflictsAreTriedAgain(t *testing.T) {
	f := newTable(t)
	f.emulator(t).Conflict(3)
	f.mustAcquire(t, request("L1"))
	want := []time.Duration{20 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond}
	if diff := cmp.Diff(want, f.waits); diff != "" {
		t.Errorf("waits grow so that those who met do not meet again:\n%s", diff)
	}
	f.emulator(t).Conflict(1000)
	_, err := f.Acquire(t.Context(), request("L2"))
	if err == nil || len(f.waits) > 20 {
		t.Errorf("conflicts without end are an error after a bounded number of tries; got %v after %d", err, len(f.waits))
	}
}

// TestOneWins has many controllers acquire one branch at the same time, each on a connection of its own.
func TestOneWins(t *testing.T) {
	f := newTable(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var winners []string
	for n := range 16 {
		mine := f.open(t, tableName)
		wg.Go(func() {
			id := fmt.Sprint("L", n)
			_, err := mine.Acquire(t.Context(), request(id, func(r *lock.Request) { r.SlotKey = contract.SlotKey(project, n%4) }))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				winners = append(winners, id)
				return
			}
			wantRefusal(t, "whoever does not win gets the refusal that it is held", err, lock.ErrHeld, branch)
		})
	}
	wg.Wait()
	if len(winners) != 1 {
		t.Fatalf("%v won one branch", winners)
	}
	if row := f.mustRow(t, branch); row.LockID != winners[0] || row.Fence != start.UnixMilli()+1 {
		t.Errorf("%s won, but the row is %s's with fence %d", winners[0], row.LockID, row.Fence-start.UnixMilli())
	}
	if rows := f.rows(t); len(rows) != 2 {
		t.Errorf("losers left rows behind: %d", len(rows))
	}
}

var _ lock.Table = (*dynamodb.Table)(nil)

func TestParametersAreTheBranchRows(t *testing.T) {
	f := newTable(t)
	with := func(text string) func(*lock.Request) { return func(r *lock.Request) { r.Parameters = text } }
	first := f.mustAcquire(t, request("L1", with("one")))
	if first.Parameters != "one" {
		t.Errorf("acquiring answers with what the row holds, got %q", first.Parameters)
	}
	if again := f.mustAcquire(t, request("L1", with("two"))); again.Parameters != "one" {
		t.Errorf("a lock that is acquired already is as it was acquired, got %q", again.Parameters)
	}
	f.mustClaim(t, first, buildA)
	if text, err := f.Parameters(t.Context(), first); err != nil || text != "one" {
		t.Errorf("the worker reads %q, %v", text, err)
	}
	if _, ok := f.rows(t)[slot0][contract.AttrParameters]; ok {
		t.Error("one copy is enough: each heartbeat pays for the size of both rows")
	}
	if err := f.Release(t.Context(), first, buildA, start, lock.Ending{Status: contract.StatusFailed, Outcome: contract.OutcomeInternalError}); err != nil {
		t.Fatal(err)
	}
	if next := f.mustAcquire(t, request("L2", with("two"))); next.Parameters != "two" {
		t.Errorf("the next attempt found those of the one before: %q", next.Parameters)
	}
}

func TestParametersAreBounded(t *testing.T) {
	f := newTable(t)
	_, err := f.Acquire(t.Context(), request("L1", func(r *lock.Request) { r.Parameters = strings.Repeat("x", contract.MaxFrozenBytes+1) }))
	if !fault.IsTerminal(err) {
		t.Errorf("got %v", err)
	}
	f.wantRaw(t, "nothing is acquired", branch, "absent")
}
