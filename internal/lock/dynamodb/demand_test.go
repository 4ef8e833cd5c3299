// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDemand: each cluster says when it wanted slots of a project last, and takes nobody else's word away.
func TestDemand(t *testing.T) {
	f := newTable(t)
	expect := func(why, project string, want map[string]time.Time) {
		t.Helper()
		got, err := f.WhoWants(t.Context(), project)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
	}
	want := func(cluster string, at time.Time) {
		t.Helper()
		if err := f.WantSlots(t.Context(), project, cluster, at); err != nil {
			t.Fatal(err)
		}
	}
	expect("nobody has said anything", project, map[string]time.Time{})
	want("prod-eu.1", start)
	want("prod_us 2", start.Add(time.Second))
	want("prod-eu.1", start.Add(time.Minute))
	expect("two clusters", project, map[string]time.Time{"prod-eu.1": start.Add(time.Minute), "prod_us 2": start.Add(time.Second)})
	expect("another project", project+"2", map[string]time.Time{})
	f.mustAcquire(t, request("L1"))
	expect("a lock is acquired", project, map[string]time.Time{"prod-eu.1": start.Add(time.Minute), "prod_us 2": start.Add(time.Second)})
}
