// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"context"
	"strings"
	"testing"
	"time"

	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
)

// ours writes a row of ours, as a restored table may hold it.
func (f *table) ours(t *testing.T, key, id, status, build string, more emulator.Row) {
	t.Helper()
	row := emulator.Row{"lockId": emulator.String(id), "status": emulator.String(status), "fence": emulator.Number(start.UnixMilli() + 9),
		"slotKey": emulator.String(slot0), "branchKey": emulator.String(branch), "expiresAt": emulator.Number(start.Unix())}
	if build != "" {
		row["buildId"] = emulator.String(build)
	}
	for name, value := range more {
		row[name] = value
	}
	f.put(t, key, row)
}

func TestFree(t *testing.T) {
	late := start.Add(2 * time.Hour) // after the lease's end
	acquire := func(t *testing.T, f *table) { f.mustAcquire(t, request("L1")) }
	claim := func(t *testing.T, f *table) { f.mustClaim(t, f.mustAcquire(t, request("L1")), buildA) }
	heartbeat := func(t *testing.T, f *table) {
		l := f.mustAcquire(t, request("L1"))
		f.mustClaim(t, l, buildA)
		if err := f.Heartbeat(t.Context(), l, buildA, start, start.Add(90*time.Minute), lock.Progress{}); err != nil {
			t.Fatal(err)
		}
	}
	const (
		abandoned = "deleteAt=722h0m0s expiresAt=1h30m0s fence=1 lockId=L1 status=failed"
		renewed   = "buildId=kiro:a expiresAt=1h30m0s fence=1 heartbeatAt=0s lockId=L1 stage= status=in_progress tasks=map[M:map[done:map[N:0] total:map[N:0]]]"
	)
	tests := map[string]struct {
		why     string
		given   func(*testing.T, *table)
		key     string                   // the row that the caller read
		since   func(*testing.T, *table) // what happens after that
		do      string
		now     time.Time
		refused error
		about   string
		branch  string
		slot    string
	}{
		"Abandon by the branch row": {why: "both rows are freed", given: acquire, key: branch, do: "abandon", now: late, branch: abandoned, slot: abandoned},
		"Abandon by the slot row":   {why: "whichever row was looked at", given: acquire, key: slot0, do: "abandon", now: late, branch: abandoned, slot: abandoned},
		"Abandon before the lease's end": {
			why: "the controller that holds the attempt may release it at any time", given: acquire, key: branch, do: "abandon",
			now: start.Add(2 * time.Hour), branch: abandoned, slot: abandoned,
		},
		"Abandon what was claimed since": {
			why: "the build won", given: acquire, key: slot0, do: "abandon", now: late,
			since:   func(t *testing.T, f *table) { f.mustClaim(t, f.mustAcquire(t, request("L1")), buildA) },
			refused: lock.ErrNotHolder, about: branch, branch: claimedL1, slot: claimedL1,
		},
		"Abandon what is claimed": {
			why: "a build may be live", given: claim, key: branch, do: "abandon", now: late,
			refused: lock.ErrNotHolder, about: branch, branch: claimedL1, slot: claimedL1,
		},
		"Abandon what is free": {
			why: "nobody holds it", given: func(*testing.T, *table) {}, key: branch, do: "abandon", now: late,
			refused: lock.ErrNotHolder, about: branch, branch: "absent", slot: "absent",
		},
		"Abandon another program's": {
			why: "it is not ours to free", key: slot0, do: "abandon", now: late,
			given: func(t *testing.T, f *table) {
				f.put(t, slot0, emulator.Row{"status": emulator.String("in_progress")})
			},
			refused: lock.ErrForeign, about: slot0, branch: "absent", slot: "status=in_progress",
		},

		"Reclaim": {why: "the build is over, and its lease too", given: claim, key: slot0, do: "reclaim", now: late, branch: reclaimed1, slot: reclaimed1},
		"Reclaim one with a heartbeat": {
			why: "the same, with a heartbeat", given: heartbeat, key: branch, do: "reclaim", now: late,
			branch: strings.Replace(strings.Replace(renewed, "expiresAt", "deleteAt=722h0m0s expiresAt", 1), "in_progress", "failed", 1),
			slot:   strings.Replace(strings.Replace(renewed, "expiresAt", "deleteAt=722h0m0s expiresAt", 1), "in_progress", "failed", 1),
		},
		"Reclaim before the lease's end": {
			why: "a lease is a promise", given: claim, key: branch, do: "reclaim", now: start.Add(time.Hour),
			refused: lock.ErrHeld, about: branch, branch: claimedL1, slot: claimedL1,
		},
		"Reclaim an unclaimed one": {
			why: "there is no build that could be over", given: acquire, key: branch, do: "reclaim", now: late,
			refused: lock.ErrNotHolder, about: branch, branch: acquiredL1, slot: acquiredL1,
		},
		"Reclaim one with a heartbeat since": {
			why: "it lives after all", given: claim, key: branch, do: "reclaim", now: late,
			since: func(t *testing.T, f *table) {
				l := f.mustAcquire(t, request("L1"))
				if err := f.Heartbeat(t.Context(), l, buildA, start, start.Add(90*time.Minute), lock.Progress{}); err != nil {
					t.Fatal(err)
				}
			},
			refused: lock.ErrNotHolder, about: branch, branch: renewed, slot: renewed,
		},

		"Unlock claimed":   {why: "a person decides, where it cannot be known what happened to the build", given: claim, key: branch, do: "unlock", now: late, branch: reclaimed1, slot: reclaimed1},
		"Unlock unclaimed": {why: "a person need not know the difference", given: acquire, key: slot0, do: "unlock", now: late, branch: abandoned, slot: abandoned},
		"Unlock before the lease's end": {
			why: "a person may not either", given: claim, key: branch, do: "unlock", now: start,
			refused: lock.ErrHeld, about: branch, branch: claimedL1, slot: claimedL1,
		},

		"Restored: the slot row's branch has moved on": {
			why: "the old slot row is freed and the new holder's branch row left alone", key: slot0, do: "reclaim", now: late,
			given: func(t *testing.T, f *table) {
				f.ours(t, slot0, "L1", "in_progress", buildA, nil)
				f.ours(t, branch, "L2", "in_progress", buildB, nil)
			},
			branch: "buildId=kiro:b expiresAt=0s fence=9 lockId=L2 status=in_progress",
			slot:   "buildId=kiro:a deleteAt=722h0m0s expiresAt=0s fence=9 lockId=L1 status=failed",
		},
		"Restored: the partner is absent": {
			why: "a row alone can be freed", key: branch, do: "abandon", now: late,
			given:  func(t *testing.T, f *table) { f.ours(t, branch, "L1", "in_progress", "", nil) },
			branch: "deleteAt=722h0m0s expiresAt=0s fence=9 lockId=L1 status=failed", slot: "absent",
		},
		"Restored: the partner is free": {
			why: "what is over stays as it is", key: slot0, do: "reclaim", now: late,
			given: func(t *testing.T, f *table) {
				f.ours(t, slot0, "L1", "in_progress", buildA, nil)
				f.ours(t, branch, "L1", "complete", buildA, nil)
			},
			branch: "buildId=kiro:a expiresAt=0s fence=9 lockId=L1 status=complete",
			slot:   "buildId=kiro:a deleteAt=722h0m0s expiresAt=0s fence=9 lockId=L1 status=failed",
		},
		"Restored: the partner is another program's": {
			why: "another program's row is never written", key: slot0, do: "reclaim", now: late,
			given: func(t *testing.T, f *table) {
				f.ours(t, slot0, "L1", "in_progress", buildA, nil)
				f.put(t, branch, emulator.Row{"owner": emulator.String("x")})
			},
			branch: "owner=x", slot: "buildId=kiro:a deleteAt=722h0m0s expiresAt=0s fence=9 lockId=L1 status=failed",
		},
		"Restored: only the partner is claimed": {
			why: "the same lock may have a live build", key: branch, do: "abandon", now: late,
			given: func(t *testing.T, f *table) {
				f.ours(t, branch, "L1", "in_progress", "", nil)
				f.ours(t, slot0, "L1", "in_progress", buildA, nil)
			},
			refused: lock.ErrNotHolder, about: slot0,
			branch: "expiresAt=0s fence=9 lockId=L1 status=in_progress", slot: "buildId=kiro:a expiresAt=0s fence=9 lockId=L1 status=in_progress",
		},
		"Restored: only this row is claimed": {
			why: "once its build is over, both are free", key: slot0, do: "reclaim", now: late,
			given: func(t *testing.T, f *table) {
				f.ours(t, branch, "L1", "in_progress", "", nil)
				f.ours(t, slot0, "L1", "in_progress", buildA, nil)
			},
			branch: "deleteAt=722h0m0s expiresAt=0s fence=9 lockId=L1 status=failed",
			slot:   "buildId=kiro:a deleteAt=722h0m0s expiresAt=0s fence=9 lockId=L1 status=failed",
		},
		"Restored: the partner has another build": {
			why: "that this build is over says nothing of the other", key: slot0, do: "reclaim", now: late,
			given: func(t *testing.T, f *table) {
				f.ours(t, branch, "L1", "in_progress", buildB, nil)
				f.ours(t, slot0, "L1", "in_progress", buildA, nil)
			},
			branch: "buildId=kiro:b expiresAt=0s fence=9 lockId=L1 status=in_progress",
			slot:   "buildId=kiro:a deleteAt=722h0m0s expiresAt=0s fence=9 lockId=L1 status=failed",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := newTable(t)
			tc.given(t, f)
			row := f.mustRow(t, tc.key)
			if tc.since != nil {
				tc.since(t, f)
			}
			var err error
			switch tc.do {
			case "abandon":
				err = f.Abandon(t.Context(), row, tc.now)
			case "reclaim":
				err = f.Reclaim(t.Context(), row, tc.now)
			case "unlock":
				err = f.Unlock(t.Context(), row, tc.now)
			}
			if tc.refused != nil {
				wantRefusal(t, tc.why, err, tc.refused, tc.about)
			} else if err != nil {
				t.Fatalf("%s: %v", tc.why, err)
			}
			f.wantRaw(t, tc.why, branch, tc.branch)
			f.wantRaw(t, tc.why, slot0, tc.slot)
		})
	}
}

// TestFreeingLooksAgain: between the look at the partner and the transaction the partner may become this lock's.
func TestFreeingLooksAgain(t *testing.T) {
	f := newTable(t)
	f.ours(t, slot0, "L1", "in_progress", buildA, nil)
	meanwhile := dynamodb.WithWait(func(context.Context, time.Duration) error {
		f.ours(t, branch, "L1", "in_progress", buildA, nil)
		return nil
	})
	f.emulator(t).Conflict(1) // the first try meets another writer, so there is a wait
	err := f.open(t, tableName, meanwhile).Reclaim(t.Context(), f.mustRow(t, slot0), start.Add(time.Hour))
	wantRefusal(t, "one row must not be freed while the other is held by the same lock", err, lock.ErrNotHolder, branch)
	f.wantRaw(t, "nothing was freed", slot0, "buildId=kiro:a expiresAt=0s fence=9 lockId=L1 status=in_progress")
}
