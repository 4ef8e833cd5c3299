// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestRows(t *testing.T) {
	f := newTable(t)
	f.mustAcquire(t, request("L1"))
	f.put(t, slot1, emulator.Row{"owner": emulator.String("x"), "expiresAt": emulator.String("soon"), "lockId": emulator.Number(7)})
	absent := contract.SlotKey(project, 2)
	rows, err := f.Rows(t.Context(), []string{slot0, slot1, absent, slot0, ""})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"", slot0, slot1, absent}, slices.Sorted(maps.Keys(rows))); diff != "" {
		t.Errorf("every key that was asked for is answered, once:\n%s", diff)
	}
	held := map[string]bool{}
	for key, row := range rows {
		held[key] = row.Held()
	}
	if diff := cmp.Diff(map[string]bool{"": false, slot0: true, slot1: true, absent: false}, held); diff != "" {
		t.Errorf("another program's row counts as held, an absent one as free:\n%s", diff)
	}
	if diff := cmp.Diff(lock.Row{Key: slot1, Exists: true, Foreign: true}, rows[slot1]); diff != "" {
		t.Errorf("attributes of unexpected types read as absent:\n%s", diff)
	}
}

func TestRowsInParts(t *testing.T) {
	f := newTable(t)
	keys := make([]string, 230)
	for n := range keys {
		keys[n] = fmt.Sprint("branch#", n)
		f.put(t, keys[n], emulator.Row{"fence": emulator.Number(1), "lockId": emulator.String(keys[n]), "status": emulator.String("in_progress")})
	}
	count := func(want int, why string) {
		t.Helper()
		rows, err := f.Rows(t.Context(), keys)
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		found := 0
		for key, row := range rows {
			if row.LockID == key && row.Held() {
				found++
			}
		}
		if found != want || len(rows) != want {
			t.Errorf("%s: %d of %d rows", why, found, want)
		}
	}
	f.faults(t).Reset()
	count(230, "more than one call holds")
	if calls := f.faults(t).Calls(emulator.Service, "BatchGetItem"); calls != 3 {
		t.Errorf("%d calls for 230 rows", calls)
	}
	f.emulator(t).LeaveUnprocessed(tableName, func(n int) bool { return n%2 == 1 })
	count(230, "a row that was left out would look like a free one")

	f.emulator(t).LeaveUnprocessed(tableName, func(int) bool { return true })
	_, err := f.Rows(t.Context(), keys[:1])
	if _, wait := fault.AsWait(err); !wait || fault.CodeOf(err) != fault.CodeRateLimited {
		t.Errorf("a table that never answers is waited for, by the caller; got %v", err)
	}
}

func TestReadsAreNeverGuessed(t *testing.T) {
	tests := map[string]struct {
		why   string
		fault faults.Fault
		want  fault.Code
	}{
		"No rows in the answer": {"an answer without rows is not one that says that there are none",
			faults.Fault{Status: 200, Body: "{}"}, fault.CodeInvalidAnswer},
		"A web page":    {"a proxy's page holds no rows", faults.Fault{NotJSON: true, Status: 200}, fault.CodeInvalidAnswer},
		"Half of it":    {"half an answer holds half the rows", faults.Fault{Truncate: true}, fault.CodeUnreachable},
		"Throttled":     {"the table is busy", faults.Fault{Status: 400, Code: "ProvisionedThroughputExceededException"}, fault.CodeRateLimited},
		"Denied":        {"a permission is missing", faults.Fault{Status: 400, Code: "AccessDeniedException"}, fault.CodeAccessDenied},
		"A lost answer": {"the network", faults.Fault{LoseAnswer: true}, fault.CodeUnreachable},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the SDK's own waits between tries take a second or two
			f := newTable(t)
			f.mustAcquire(t, request("L1"))
			f.faults(t).Add(faults.Rule{Operation: "BatchGetItem", Fault: tc.fault})
			rows, err := f.Rows(t.Context(), []string{slot0})
			if rows != nil || fault.CodeOf(err) != tc.want {
				t.Errorf("%s: got %v and %v, want code %s", tc.why, rows, err, tc.want)
			}
		})
	}
}

func TestCardAbsent(t *testing.T) {
	got, err := newTable(t).Card(t.Context(), card)
	if diff := cmp.Diff(lock.CardRow{}, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestCheckTable(t *testing.T) {
	tests := map[string]struct {
		why      string
		given    func(*testing.T, *table)
		name     string
		code     fault.Code // empty: all is well
		says     string
		terminal bool
	}{
		"Good":     {why: "as the templates make it", name: tableName},
		"Updating": {why: "a table that is being changed works", given: func(t *testing.T, f *table) { f.emulator(t).SetTableStatus(tableName, "UPDATING") }, name: tableName},
		"Absent":   {why: "somebody must make it", name: "other", code: fault.CodeNotFound, says: "create it", terminal: true},
		"Creating": {
			why: "it will be there in a moment", name: tableName, code: fault.CodeInvalidConfiguration, says: "being created",
			given: func(t *testing.T, f *table) { f.emulator(t).SetTableStatus(tableName, "CREATING") },
		},
		"Archived": {
			why: "it does not come back by itself", name: tableName, code: fault.CodeInvalidConfiguration, says: "ARCHIVED", terminal: true,
			given: func(t *testing.T, f *table) { f.emulator(t).SetTableStatus(tableName, "ARCHIVED") },
		},
		"Another key": {
			why: "a table of another program", name: "other", code: fault.CodeInvalidConfiguration, says: `"lockKey"`, terminal: true,
			given: func(t *testing.T, f *table) { must(t, f.emulator(t).CreateTable("other", "id", "deleteAt")) },
		},
		"Time to live on the lease": {
			why: "it would delete the rows of running builds", name: "other", code: fault.CodeInvalidConfiguration,
			says: "delete the rows of running builds", terminal: true,
			given: func(t *testing.T, f *table) { must(t, f.emulator(t).CreateTable("other", "lockKey", "expiresAt")) },
		},
		"Time to live on something else": {
			why: "released rows would stay for ever", name: "other", code: fault.CodeInvalidConfiguration, says: `"deleteAt"`, terminal: true,
			given: func(t *testing.T, f *table) { must(t, f.emulator(t).CreateTable("other", "lockKey", "ttl")) },
		},
		"No time to live": {
			why: "the same", name: "other", code: fault.CodeInvalidConfiguration, says: `"deleteAt"`, terminal: true,
			given: func(t *testing.T, f *table) { must(t, f.emulator(t).CreateTable("other", "lockKey", "")) },
		},
		"An empty answer": {
			why: "no table is described: the network's fault, not the table's", name: tableName, code: fault.CodeInvalidAnswer, says: "endpoint",
			given: func(t *testing.T, f *table) {
				f.faults(t).Add(faults.Rule{Operation: "DescribeTable", Fault: faults.Fault{Status: 200, Body: "{}"}})
			},
		},
		"Denied": {
			why: "the role has no permission for it", name: tableName, code: fault.CodeAccessDenied, says: "grant", terminal: true,
			given: func(t *testing.T, f *table) {
				f.faults(t).Add(faults.Rule{Operation: "DescribeTimeToLive", Fault: faults.Fault{Status: 400, Code: "AccessDeniedException"}})
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := newTable(t)
			if tc.given != nil {
				tc.given(t, f)
			}
			err := f.open(t, tc.name).CheckTable(t.Context())
			if (err == nil) != (tc.code == "") || fault.CodeOf(err) != tc.code || fault.IsTerminal(err) != tc.terminal ||
				!strings.Contains(fmt.Sprint(err), tc.says) {
				t.Errorf("%s: got %v (code %q, terminal %t), want code %q, terminal %t, saying %q",
					tc.why, err, fault.CodeOf(err), fault.IsTerminal(err), tc.code, tc.terminal, tc.says)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
