// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

func TestReservations(t *testing.T) {
	r := newReservations()
	r.add("one", noon)
	if !r.has("one", noon.Add(policy.ReservationTime-time.Second)) {
		t.Error("an admitted item does not count as active while the cache lags: another would be admitted to its slot")
	}
	if r.has("one", noon.Add(policy.ReservationTime)) {
		t.Error("an item that never got its lock holds a slot for ever")
	}
	r.add("two", noon)
	r.refuse("two", noon.Add(policy.PassOver))
	if r.has("two", noon) || !r.passedOver("two", noon.Add(policy.PassOver)) {
		t.Error("an item whose lock was refused keeps its slot from those behind it")
	}
	if r.passedOver("two", noon.Add(policy.PassOver+time.Second)) || len(r.refused) != 0 {
		t.Error("an item whose lock was refused once is passed over for ever")
	}
	r.add("three", noon.Add(time.Hour))
	if len(r.expiresAt) != 1 {
		t.Errorf("%d reservations are kept, want only the one that counts", len(r.expiresAt))
	}
}
