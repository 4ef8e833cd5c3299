// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestRelease(t *testing.T) {
	trigger := start.Add(-time.Hour)
	done := lock.Ending{Status: contract.StatusComplete, Outcome: contract.OutcomeSucceeded, Result: "{}", Trigger: &trigger}
	notLast := lock.Ending{Status: contract.StatusFailed, Outcome: contract.OutcomeTestsFailed, Result: "{}"}
	last := notLast
	last.Trigger = &trigger
	silent := lock.Ending{Status: contract.StatusFailed, Outcome: contract.OutcomeInternalError}

	record := func(trigger time.Time, id string) emulator.Row {
		return emulator.Row{"trigger": emulator.Number(trigger.UnixMilli()), "lockId": emulator.String(id), "outcome": emulator.String("AgentFailed")}
	}
	const (
		complete = "buildId=kiro:a deleteAt=720h0m0s expiresAt=1h30m0s fence=1 lockId=L1 outcome=Succeeded result={} status=complete"
		failed   = "buildId=kiro:a deleteAt=720h0m0s expiresAt=1h30m0s fence=1 lockId=L1 outcome=TestsFailed result={} status=failed"
	)
	release := func(e lock.Ending) func(*testing.T, *table, lock.Lock) {
		return func(t *testing.T, f *table, l lock.Lock) {
			if err := f.Release(t.Context(), l, buildA, start, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := map[string]struct {
		why    string
		given  func(*testing.T, *table, lock.Lock)
		ending lock.Ending
		build  string
		want   error
		branch string
		card   string
	}{
		"Complete": {
			why:    "the trigger is processed, and every cluster can see it",
			ending: done, branch: complete,
			card: "deleteAt=8760h0m0s lockId=L1 outcome=Succeeded result={} trigger=-1h0m0s",
		},
		"Failed, another attempt follows": {
			why:    "the card is still to be worked on",
			ending: notLast, branch: failed, card: "absent",
		},
		"Failed for the last time": {
			why:    "a work failure in the last attempt processes the trigger as well",
			ending: last, branch: failed, card: "deleteAt=8760h0m0s lockId=L1 outcome=TestsFailed result={} trigger=-1h0m0s",
		},
		"Without a result": {
			why: "the controller knows none: what the build last reported is kept",
			given: func(t *testing.T, f *table, l lock.Lock) {
				p := lock.Progress{Stage: contract.StageTest, Result: `{"version":1}`}
				if err := f.Heartbeat(t.Context(), l, buildA, start, start.Add(90*time.Minute), p); err != nil {
					t.Fatal(err)
				}
			},
			ending: silent,
			branch: "buildId=kiro:a deleteAt=720h0m0s expiresAt=1h30m0s fence=1 heartbeatAt=0s lockId=L1 outcome=InternalError" +
				` result={"version":1} stage=test status=failed tasks=map[M:map[done:map[N:0] total:map[N:0]]]`,
			card: "absent",
		},
		"Again": {
			why:   "the answer was lost; the build asks again before it ends",
			given: release(done), ending: done, branch: complete,
			card: "deleteAt=8760h0m0s lockId=L1 outcome=Succeeded result={} trigger=-1h0m0s",
		},
		"Again, now with the card": {
			why:   "the build did not record the trigger as processed, and the controller does",
			given: release(notLast), ending: last, branch: failed,
			card: "deleteAt=8760h0m0s lockId=L1 outcome=TestsFailed result={} trigger=-1h0m0s",
		},
		"Again, the slot is another's by now": {
			why: "the branch row proves the release",
			given: func(t *testing.T, f *table, l lock.Lock) {
				release(done)(t, f, l)
				f.mustAcquire(t, request("L2", func(r *lock.Request) { r.BranchKey += "2"; r.CardKey += "2" }))
			},
			ending: done, branch: complete, card: "deleteAt=8760h0m0s lockId=L1 outcome=Succeeded result={} trigger=-1h0m0s",
		},
		"Again, the branch is another's by now": {
			why: "the slot row proves the release, and the new holder is left alone",
			given: func(t *testing.T, f *table, l lock.Lock) {
				release(notLast)(t, f, l)
				f.mustAcquire(t, request("L2", func(r *lock.Request) { r.SlotKey = slot1 }))
			},
			ending: last, branch: "expiresAt=1h30m0s fence=2 lockId=L2 status=in_progress",
			card: "deleteAt=8760h0m0s lockId=L1 outcome=TestsFailed result={} trigger=-1h0m0s",
		},
		"Again, otherwise": {
			why:   "what was recorded is kept",
			given: release(done), ending: last, want: lock.ErrNotHolder, branch: complete,
			card: "deleteAt=8760h0m0s lockId=L1 outcome=Succeeded result={} trigger=-1h0m0s",
		},
		"By another build": {
			why:    "a build that did not win the claim does nothing, not even cleanup",
			ending: done, build: buildB, want: lock.ErrNotHolder, branch: claimedL1, card: "absent",
		},
		"After it was reclaimed": {
			why: "the outcome is known already",
			given: func(t *testing.T, f *table, _ lock.Lock) {
				if err := f.Reclaim(t.Context(), f.mustRow(t, slot0), start.Add(2*time.Hour)); err != nil {
					t.Fatal(err)
				}
			},
			ending: done, want: lock.ErrNotHolder, branch: reclaimed1, card: "absent",
		},
		"A later trigger is recorded": {
			why:    "the record stays, and the rows are freed even so",
			given:  func(t *testing.T, f *table, _ lock.Lock) { f.put(t, card, record(start, "L9")) },
			ending: done, branch: complete, card: "lockId=L9 outcome=AgentFailed trigger=0s",
		},
		"An earlier trigger is recorded": {
			why:    "the newer record takes its place",
			given:  func(t *testing.T, f *table, _ lock.Lock) { f.put(t, card, record(trigger.Add(-time.Hour), "L9")) },
			ending: done, branch: complete, card: "deleteAt=8760h0m0s lockId=L1 outcome=Succeeded result={} trigger=-1h0m0s",
		},
		"Another's record of the same trigger": {
			why:    "a trigger is processed once",
			given:  func(t *testing.T, f *table, _ lock.Lock) { f.put(t, card, record(trigger, "L9")) },
			ending: done, branch: complete, card: "lockId=L9 outcome=AgentFailed trigger=-1h0m0s",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := newTable(t)
			l := f.mustAcquire(t, request("L1"))
			f.mustClaim(t, l, buildA)
			if tc.given != nil {
				tc.given(t, f, l)
			}
			build := buildA
			if tc.build != "" {
				build = tc.build
			}
			err := f.Release(t.Context(), l, build, start, tc.ending)
			if tc.want != nil {
				wantRefusal(t, tc.why, err, tc.want, branch)
			} else if err != nil {
				t.Fatalf("%s: %v", tc.why, err)
			}
			f.wantRaw(t, tc.why, branch, tc.branch)
			f.wantRaw(t, tc.why, card, tc.card)
		})
	}
}

func TestReleasedRowsAreFree(t *testing.T) {
	f := newTable(t)
	l := f.mustAcquire(t, request("L1"))
	f.mustClaim(t, l, buildA)
	trigger := start.Add(-time.Hour)
	e := lock.Ending{Status: contract.StatusComplete, Outcome: contract.OutcomeSucceeded, Result: "{}", Trigger: &trigger}
	if err := f.Release(t.Context(), l, buildA, start, e); err != nil {
		t.Fatal(err)
	}
	_, err := f.Acquire(t.Context(), request("L2"))
	wantRefusal(t, "the same trigger is not worked on again", err, lock.ErrAlreadyDone, card)
	next := f.mustAcquire(t, request("L3", func(r *lock.Request) { r.Trigger = start }))
	if next.Fence != l.Fence+1 {
		t.Errorf("the fence went from %d to %d", l.Fence, next.Fence)
	}
	got, err := f.Card(t.Context(), card)
	if err != nil {
		t.Fatal(err)
	}
	want := lock.CardRow{Exists: true, Trigger: trigger, LockID: "L1", Outcome: contract.OutcomeSucceeded, Result: "{}"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("acquiring the lock again leaves the card's record, from which the first is concluded:\n%s", diff)
	}
}
