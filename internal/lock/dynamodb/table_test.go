// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/outside"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
)

const (
	tableName = "locks"
	project   = "arn:aws:codebuild:eu-central-1:111122223333:project/kiro"
	buildA    = "arn:aws:codebuild:eu-central-1:111122223333:build/kiro:a"
	buildB    = "arn:aws:codebuild:eu-central-1:111122223333:build/kiro:b"
)

var (
	start  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	slot0  = contract.SlotKey(project, 0)
	slot1  = contract.SlotKey(project, 1)
	branch = contract.BranchKey("github.com", 42, "refs/heads/feature")
	card   = contract.CardKey("github", "PVTI_1")
)

// table is a lock table on the emulator, over HTTP and with the real SDK; or one that was given from outside, where nothing can be made
// to fail.
type table struct {
	*dynamodb.Table
	cloud *cloud.Cloud
	mu    sync.Mutex // some tests acquire at once
	waits []time.Duration
}

// emulator is what a test changes behind DynamoDB's back.
func (f *table) emulator(t *testing.T) *emulator.Emulator {
	t.Helper()
	if f.cloud == nil {
		outside.LeaveOutState(t)
	}
	return f.cloud.DynamoDB
}

// faults are what goes wrong on the way.
func (f *table) faults(t *testing.T) *faults.Injector {
	t.Helper()
	if f.cloud == nil {
		outside.LeaveOutFault(t)
	}
	return f.cloud.Faults
}

func newTable(t *testing.T) *table {
	t.Helper()
	f := &table{}
	if outside.Given() {
		f.clear(t)
	} else {
		f.cloud = cloud.New(t, cloud.Options{Tables: []string{tableName}})
	}
	f.Table = f.open(t, tableName, dynamodb.WithWait(func(_ context.Context, d time.Duration) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.waits = append(f.waits, d)
		return nil
	}), dynamodb.WithRandom(func() float64 { return 0 }))
	return f
}

// open returns another client of the same server, with connections of its own.
func (f *table) open(t *testing.T, name string, options ...dynamodb.Option) *dynamodb.Table {
	t.Helper()
	if f.cloud == nil {
		if name == tableName {
			name = outside.Need(t, outside.EnvTable)
		}
		return dynamodb.New(f.sdk(t), name, options...)
	}
	return dynamodb.New(cloud.API(t, f.cloud, (*awsapi.Clients).DynamoDB), name, options...)
}

func request(id string, change ...func(*lock.Request)) lock.Request {
	r := lock.Request{
		LockID: id, WorkItemID: "cluster/team/item-" + id, Holder: "uid-" + id, Attempt: 1, ProjectARN: project,
		SlotKey: slot0, BranchKey: branch, CardKey: card,
		Trigger: start.Add(-time.Hour), ExpiresAt: start.Add(90 * time.Minute), Now: start,
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func (f *table) mustAcquire(t *testing.T, r lock.Request) lock.Lock {
	t.Helper()
	l, err := f.Acquire(t.Context(), r)
	if err != nil {
		t.Fatalf("acquiring: %v", err)
	}
	return l
}

func (f *table) mustClaim(t *testing.T, l lock.Lock, build string) {
	t.Helper()
	if err := f.Claim(t.Context(), l, build, start.Add(90*time.Minute)); err != nil {
		t.Fatalf("claiming: %v", err)
	}
}

func (f *table) mustRow(t *testing.T, key string) lock.Row {
	t.Helper()
	rows, err := f.Rows(t.Context(), []string{key})
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	return rows[key]
}

func (f *table) put(t *testing.T, key string, attributes emulator.Row) {
	t.Helper()
	row := emulator.Row{"lockKey": emulator.String(key)}
	for name, value := range attributes {
		row[name] = value
	}
	f.putRow(t, row)
}

// raw returns a row's attributes as they are stored, but those that every row of the test has alike. Times are
// relative to start, and so is the fence.
func (f *table) raw(t *testing.T, key string) string {
	t.Helper()
	row, ok := f.rows(t)[key]
	if !ok {
		return "absent"
	}
	hidden := map[string]bool{"lockKey": true, "workItemId": true, "holder": true, "attempt": true, "slotKey": true,
		"branchKey": true, "cardKey": true, "projectArn": true, "createdAt": true, "parameters": true}
	var parts []string
	for name, value := range row {
		if hidden[name] {
			continue
		}
		parts = append(parts, name+"="+show(name, value))
	}
	sort.Strings(parts)
	return strings.Join(parts, " ")
}

func show(name string, value map[string]any) string {
	if s, ok := value["S"].(string); ok {
		return strings.TrimPrefix(s, "arn:aws:codebuild:eu-central-1:111122223333:build/")
	}
	text, ok := value["N"].(string)
	if !ok {
		return fmt.Sprint(value)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return text
	}
	switch name {
	case "fence":
		return strconv.FormatInt(n-start.UnixMilli(), 10)
	case "trigger":
		return time.UnixMilli(n).Sub(start).String()
	default:
		return time.Unix(n, 0).Sub(start).String()
	}
}

func (f *table) wantRaw(t *testing.T, why, key, want string) {
	t.Helper()
	if diff := cmp.Diff(want, f.raw(t, key)); diff != "" {
		t.Errorf("%s\n%s, -want +got:\n%s", why, key, diff)
	}
}

// wantRefusal checks that err is a refusal of that kind, about that row, whose message says what to do.
func wantRefusal(t *testing.T, why string, err, want error, key string) *lock.Refusal {
	t.Helper()
	var r *lock.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("%s: got %v, no refusal", why, err)
	}
	if !errors.Is(err, want) || r.Row.Key != key {
		t.Errorf("%s: refused with %v about %q (%s), want %v about %q", why, r.Err, r.Row.Key, r.Message, want, key)
	}
	if !strings.HasPrefix(r.Message, r.Row.Key+": ") || !strings.Contains(r.Message, ";") {
		t.Errorf("%s: the message %q does not name the row and what to do", why, r.Message)
	}
	return r
}
