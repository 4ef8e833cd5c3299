// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"
	"time"
)

// TestRetentionOfItemsMadeByHand: no source looks after them, so they delete themselves when their time is over.
func TestRetentionOfItemsMadeByHand(t *testing.T) {
	w := newWorld(t)
	w.branch("one")
	w.item("one", "one")
	w.cancel("one")
	w.until("one", "concluded", concluded)
	keep := w.environment().Spec.Retention.KeepMadeByHand()
	res, err := w.reconcile("one")
	w.must(err)
	if res.RequeueAfter <= keep-time.Hour || res.RequeueAfter > keep {
		t.Errorf("the next look is in %s, not when the retention of %s is over", res.RequeueAfter, keep)
	}
	w.clock.Step(keep - time.Hour)
	if _, err := w.reconcile("one"); err != nil || !w.get("one").DeletionTimestamp.IsZero() {
		t.Errorf("an item is deleted before its time; %v", err)
	}
	w.clock.Step(2 * time.Hour)
	w.untilGone("one")
}
