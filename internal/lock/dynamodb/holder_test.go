// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"errors"
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
)

const (
	claimedL1  = "buildId=kiro:a " + acquiredL1
	reclaimed1 = "buildId=kiro:a deleteAt=722h0m0s expiresAt=1h30m0s fence=1 lockId=L1 status=failed"
)

// replaced is a lock whose rows the next attempt has acquired.
func replaced(t *testing.T, f *table) lock.Lock {
	t.Helper()
	l := f.mustAcquire(t, request("L1"))
	if err := f.Abandon(t.Context(), f.mustRow(t, branch), start); err != nil {
		t.Fatal(err)
	}
	f.mustAcquire(t, request("L2", func(r *lock.Request) { r.Attempt = 2 }))
	return l
}

func TestHolder(t *testing.T) {
	later := start.Add(2 * time.Hour)
	claim := func(build string) func(*testing.T, *table, lock.Lock) error {
		return func(t *testing.T, f *table, l lock.Lock) error { return f.Claim(t.Context(), l, build, later) }
	}
	heartbeat := func(build string) func(*testing.T, *table, lock.Lock) error {
		return func(t *testing.T, f *table, l lock.Lock) error {
			return f.Heartbeat(t.Context(), l, build, start.Add(time.Minute), later,
				lock.Progress{Stage: contract.StageTest, Tasks: contract.Tasks{Done: 3, Total: 7}})
		}
	}
	acquired := func(t *testing.T, f *table) lock.Lock { return f.mustAcquire(t, request("L1")) }
	claimedBy := func(build string) func(*testing.T, *table) lock.Lock {
		return func(t *testing.T, f *table) lock.Lock {
			l := f.mustAcquire(t, request("L1"))
			f.mustClaim(t, l, build)
			return l
		}
	}
	released := func(t *testing.T, f *table) lock.Lock {
		l := claimedBy(buildA)(t, f)
		if err := f.Release(t.Context(), l, buildA, start, lock.Ending{Status: contract.StatusFailed}); err != nil {
			t.Fatal(err)
		}
		return l
	}
	otherFence := func(t *testing.T, f *table) lock.Lock {
		l := claimedBy(buildA)(t, f)
		l.Fence--
		return l
	}
	gone := func(t *testing.T, f *table) lock.Lock {
		l := claimedBy(buildA)(t, f)
		for _, key := range []string{branch, slot0} {
			f.deleteRow(t, key)
		}
		return l
	}
	slotLost := func(t *testing.T, f *table) lock.Lock {
		l := claimedBy(buildA)(t, f)
		f.put(t, slot0, emulator.Row{"fence": emulator.Number(1), "lockId": emulator.String("L9"), "status": emulator.String("in_progress")})
		return l
	}
	tests := map[string]struct {
		why     string
		given   func(*testing.T, *table) lock.Lock
		do      func(*testing.T, *table, lock.Lock) error
		refused string // the row that refuses
		says    string
		want    string // the branch row afterwards
	}{

		"Claim": {"a build becomes live",
			acquired, claim(buildA), "", "", "buildId=kiro:a expiresAt=2h0m0s fence=1 lockId=L1 status=in_progress"},
		"Claim again": {"the controller records the build that claimed by itself, or the answer was lost",
			claimedBy(buildA), claim(buildA), "", "", "buildId=kiro:a expiresAt=2h0m0s fence=1 lockId=L1 status=in_progress"},
		"Claim another's": {"of two builds for one attempt, one works and the other does nothing",
			claimedBy(buildB), claim(buildA), branch, "claimed by build " + buildB, "buildId=kiro:b " + acquiredL1},
		"Claim a lost one": {"a build that starts late finds that its attempt was given up",
			replaced, claim(buildA), branch, "lost to cluster/team/item-L2, attempt 2", "expiresAt=1h30m0s fence=2 lockId=L2 status=in_progress"},
		"Claim a released one": {"a second build of an attempt that is over does nothing",
			released, claim(buildA), branch, "was ended", "buildId=kiro:a deleteAt=720h0m0s expiresAt=1h30m0s fence=1 lockId=L1 outcome= status=failed"},
		"Claim with another fence": {"the lock id alone is not the lock",
			otherFence, claim(buildA), branch, "lost", claimedL1},
		"Claim a deleted one": {"nobody holds rows that are gone",
			gone, claim(buildA), branch, "gone", "absent"},
		"Claim without the slot": {"both rows or none",
			slotLost, claim(buildA), slot0, "lost", claimedL1},

		"Heartbeat": {"the lease moves and progress is recorded",
			claimedBy(buildA), heartbeat(buildA), "", "",
			"buildId=kiro:a expiresAt=2h0m0s fence=1 heartbeatAt=1m0s lockId=L1 stage=test status=in_progress tasks=map[M:map[done:map[N:3] total:map[N:7]]]"},
		"Heartbeat of another": {"only the build that claimed is live",
			claimedBy(buildB), heartbeat(buildA), branch, "claimed by build " + buildB, "buildId=kiro:b " + acquiredL1},
		"Heartbeat unclaimed": {"a build that did not claim has no lease",
			acquired, heartbeat(buildA), branch, "claim it first", acquiredL1},
		"Heartbeat of a lost one": {"the lease is lost, and everything must stop",
			replaced, heartbeat(buildA), branch, "lost", "expiresAt=1h30m0s fence=2 lockId=L2 status=in_progress"},
		"Heartbeat after release": {"a row that is free must not be written by its last holder",
			released, heartbeat(buildA), branch, "was ended", "buildId=kiro:a deleteAt=720h0m0s expiresAt=1h30m0s fence=1 lockId=L1 outcome= status=failed"},
		"Heartbeat with another fence": {"the fence is what stops a holder from the past",
			otherFence, heartbeat(buildA), branch, "lost", claimedL1},
		"Heartbeat without the slot": {"a lease is on both rows or on none",
			slotLost, heartbeat(buildA), slot0, "lost", claimedL1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := newTable(t)
			l := tc.given(t, f)
			err := tc.do(t, f, l)
			if tc.refused == "" && err != nil {
				t.Fatalf("%s: %v", tc.why, err)
			}
			if tc.refused != "" {
				if r := wantRefusal(t, tc.why, err, lock.ErrNotHolder, tc.refused); !strings.Contains(r.Message, tc.says) {
					t.Errorf("%s: the message %q does not say %q", tc.why, r.Message, tc.says)
				}
			}
			f.wantRaw(t, tc.why, branch, tc.want)
			if tc.refused == "" {
				f.wantRaw(t, "both rows say the same", slot0, tc.want)
			}
		})
	}
}

func TestHeartbeatWithAResult(t *testing.T) {
	f := newTable(t)
	l := f.mustAcquire(t, request("L1"))
	f.mustClaim(t, l, buildA)
	for _, result := range []string{`{"version":1,"outcome":"Succeeded"}`, ""} {
		p := lock.Progress{Stage: contract.StageAgent, Tasks: contract.Tasks{Done: 1, Total: 2}, Result: result}
		if err := f.Heartbeat(t.Context(), l, buildA, start, start.Add(time.Hour), p); err != nil {
			t.Fatal(err)
		}
	}
	row := f.mustRow(t, slot0)
	got := lock.Progress{Stage: row.Stage, Tasks: row.Tasks, Result: row.Result}
	want := lock.Progress{Stage: contract.StageAgent, Tasks: contract.Tasks{Done: 1, Total: 2}, Result: `{"version":1,"outcome":"Succeeded"}`}
	if diff := cmp.Diff(want, got); diff != "" || !row.HeartbeatAt.Equal(start) {
		t.Errorf("a heartbeat without a result keeps the last one; heartbeat at %v\n%s", row.HeartbeatAt, diff)
	}
	err := f.Heartbeat(t.Context(), l, buildA, start, start.Add(time.Hour), lock.Progress{Result: strings.Repeat("x", contract.MaxResultBytes+1)})
	if !fault.IsTerminal(err) {
		t.Errorf("a result that would fill the row is refused before it is sent; got %v", err)
	}
}

func TestLostAnswersOfAHolder(t *testing.T) {
	f := newTable(t)
	l := f.mustAcquire(t, request("L1"))
	steps := map[string]func() error{
		"1 claim":     func() error { return f.Claim(t.Context(), l, buildA, start) },
		"2 heartbeat": func() error { return f.Heartbeat(t.Context(), l, buildA, start, start, lock.Progress{}) },
		"3 release": func() error {
			return f.Release(t.Context(), l, buildA, start, lock.Ending{Status: contract.StatusComplete, Outcome: contract.OutcomeSucceeded})
		},
	}
	for _, name := range []string{"1 claim", "2 heartbeat", "3 release"} {
		remove := f.faults(t).Add(faults.Rule{Operation: "TransactWriteItems", Fault: faults.Fault{LoseAnswer: true}})
		if err := steps[name](); err == nil || fault.CodeOf(err) != fault.CodeUnreachable {
			t.Errorf("%s: a lost answer is Unreachable, which leaves open what happened; got %v", name, err)
		}
		remove()
		if err := steps[name](); err != nil {
			t.Errorf("%s: asked again, it is granted again; got %v", name, err)
		}
	}
}

func TestNoBuild(t *testing.T) {
	f := newTable(t)
	l := f.mustAcquire(t, request("L1"))
	for name, err := range map[string]error{
		"claim":     f.Claim(t.Context(), l, "", start),
		"heartbeat": f.Heartbeat(t.Context(), l, "", start, start, lock.Progress{}),
		"release":   f.Release(t.Context(), l, "", start, lock.Ending{Status: contract.StatusFailed}),
		"ending":    f.Release(t.Context(), l, buildA, start, lock.Ending{Status: contract.StatusInProgress}),
	} {
		if !fault.IsTerminal(err) {
			t.Errorf("%s without what it needs is a programmer's error, not a refusal; got %v", name, err)
		}
	}
	f.wantRaw(t, "nothing was written", branch, acquiredL1)
}

// TestClaimAndAbandonRace lets a late build and a controller that gives it up meet. Exactly one wins.
func TestClaimAndAbandonRace(t *testing.T) {
	f := newTable(t)
	build, controller := f.open(t, tableName), f.open(t, tableName)
	wins := map[string]int{}
	for n := range 30 {
		l := f.mustAcquire(t, request(strings.Repeat("L", n+1)))
		row := f.mustRow(t, branch)
		var claimErr, abandonErr error
		var wg sync.WaitGroup
		wg.Go(func() { claimErr = build.Claim(t.Context(), l, buildA, start.Add(90*time.Minute)) })
		wg.Go(func() { abandonErr = controller.Abandon(t.Context(), row, start) })
		wg.Wait()
		switch {
		case claimErr == nil && abandonErr != nil:
			wins["claim"]++
			if !errors.Is(abandonErr, lock.ErrNotHolder) {
				t.Fatalf("the controller learns of the build; got %v", abandonErr)
			}
			if err := f.Release(t.Context(), l, buildA, start, lock.Ending{Status: contract.StatusFailed}); err != nil {
				t.Fatal(err)
			}
		case claimErr != nil && abandonErr == nil:
			wins["abandon"]++
			wantRefusal(t, "the build learns that it was given up", claimErr, lock.ErrNotHolder, branch)
		default:
			t.Fatalf("round %d: claim %v, abandon %v", n, claimErr, abandonErr)
		}
	}
	t.Logf("of 30 rounds: %v", wins)
}
