// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package garbagecollection

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestOrphaned(t *testing.T) {
	item := &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{UID: "me"},
		Spec:       v1alpha1.WorkItemSpec{Branch: "x"},
		Status: v1alpha1.WorkItemStatus{
			Accepted: &v1alpha1.AcceptedWork{ForgeHost: "github.com", RepositoryID: 7},
			Attempt:  &v1alpha1.Attempt{Number: 2, Outcome: v1alpha1.ReasonAbandoned},
		},
	}
	mine := lock.Row{
		Exists: true, Status: contract.StatusInProgress, Holder: "me", Attempt: 3,
		BranchKey: contract.BranchKey("github.com", 7, "refs/heads/x"),
	}
	for name, c := range map[string]struct {
		why    string
		change func(*lock.Row)
		want   bool
	}{
		"the next attempt's":         {"it is found by its id and used", func(*lock.Row) {}, false},
		"of another branch":          {"the branch was changed after it was acquired", func(r *lock.Row) { r.BranchKey += "y" }, true},
		"of an attempt that is over": {"that attempt never comes again", func(r *lock.Row) { r.Attempt = 2 }, true},
		"of an attempt not known of": {"the cache lags: another manager may be starting it", func(r *lock.Row) { r.Attempt = 4; r.BranchKey += "y" }, false},
		"claimed":                    {"a build works under it", func(r *lock.Row) { r.Attempt, r.BuildID = 2, "arn" }, false},
		"free":                       {"it is in nobody's way", func(r *lock.Row) { r.Attempt, r.Status = 2, contract.StatusFailed }, false},
		"another item's":             {"that item may need it", func(r *lock.Row) { r.Attempt, r.Holder = 2, "other" }, false},
		"another program's":          {"it is not ours to free", func(r *lock.Row) { r.Attempt, r.Foreign = 2, true }, false},
	} {
		t.Run(name, func(t *testing.T) {
			row := mine
			c.change(&row)
			if got := orphaned(item, row); got != c.want {
				t.Errorf("%s: got %v", c.why, got)
			}
		})
	}
}

// A cache that lagged had an old number's lock acquired again. Nobody waits for that row, so the sweep frees it.
func TestASweepFreesOvertakenLocks(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		number int32
		uid    types.UID
		want   string
	}{
		"overtaken":      {"the item is at a later attempt", 1, "other", ""},
		"the next":       {"the item is about to use it", 0, "other", "3"},
		"another item's": {"its cluster knows whether it is needed", 1, "somebody", "3"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.acquireOther(3, "", time.Hour)
			item := v1alpha1.WorkItem{ObjectMeta: metav1.ObjectMeta{UID: c.uid}}
			if c.number > 0 {
				item.Status.Attempt = &v1alpha1.Attempt{Number: c.number, Outcome: v1alpha1.ReasonAbandoned}
			}
			w.items = []v1alpha1.WorkItem{item}
			w.must(w.collector.Sweep(t.Context(), w.env))
			if got := w.slotsHeld(); got != c.want {
				t.Errorf("%s: %q are held, want %q", c.why, got, c.want)
			}
		})
	}
}
