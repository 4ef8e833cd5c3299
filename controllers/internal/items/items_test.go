// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package items_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func accepted(change ...func(*v1alpha1.WorkItem)) *v1alpha1.WorkItem {
	item := &v1alpha1.WorkItem{}
	item.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}}
	for _, c := range change {
		c(item)
	}
	return item
}

func TestWaiting(t *testing.T) {
	now := metav1.NewTime(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
	for name, c := range map[string]struct {
		why  string
		item *v1alpha1.WorkItem
		want bool
	}{
		"accepted": {"the plain way", accepted(), true},
		"not yet":  {"what the work needs is missing", &v1alpha1.WorkItem{}, false},
		"running":  {"it has what it waited for", accepted(func(i *v1alpha1.WorkItem) { i.Status.Attempt = &v1alpha1.Attempt{Number: 1} }), false},
		"again": {"between two attempts it waits", accepted(func(i *v1alpha1.WorkItem) {
			i.Status.Attempt = &v1alpha1.Attempt{Number: 1, Outcome: v1alpha1.ReasonBuildFault}
		}), true},
		"finished": {"its outcome is known", accepted(func(i *v1alpha1.WorkItem) {
			i.Status.Conditions = append(i.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionSucceeded, Status: metav1.ConditionFalse})
		}), false},
		"cancelled": {"nobody wants it", accepted(func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true }), false},
		"deleted":   {"nobody wants it", accepted(func(i *v1alpha1.WorkItem) { i.DeletionTimestamp = &now }), false},
		"withdrawn": {"nobody wants it", accepted(func(i *v1alpha1.WorkItem) {
			i.Spec.TriggeredAt = &now
			i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: now.Format(time.RFC3339)}
		}), false},
	} {
		if got := items.Waiting(c.item); got != c.want {
			t.Errorf("%s: %s: waiting is %t", name, c.why, got)
		}
	}
}

func TestEntry(t *testing.T) {
	made := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	item := &v1alpha1.WorkItem{}
	item.UID, item.Name, item.CreationTimestamp = "u", "one", metav1.NewTime(made)
	item.Spec.Repository, item.Spec.Branch, item.Spec.Priority = "acme/shop", "feature/x", 7
	e := items.Entry(item, true)
	if e.Key != "u" || e.Name != "one" || e.Priority != 7 || e.BranchKey != "acme/shop#feature/x" || !e.BackingOff || !e.CreatedAt.Equal(made) {
		t.Errorf("got %+v", e)
	}
	older := metav1.NewTime(made.Add(-time.Hour))
	item.Spec.Card = &v1alpha1.Card{CreatedAt: &older}
	if e := items.Entry(item, false); !e.CreatedAt.Equal(older.Time) {
		t.Errorf("the card's age orders the queue, not the object's: got %s", e.CreatedAt)
	}
}

// rows are a table of locks.
type rows map[string]lock.Row

func (r rows) Rows(_ context.Context, keys []string) (map[string]lock.Row, error) {
	if r == nil {
		return nil, errors.New("down")
	}
	found := map[string]lock.Row{}
	for _, k := range keys {
		found[k] = r[k]
	}
	return found, nil
}

func (rows) Card(context.Context, string) (lock.CardRow, error) { return lock.CardRow{}, nil }
func (rows) CheckTable(context.Context) error                   { return nil }

func TestSlots(t *testing.T) {
	const project = "arn:aws:codebuild:eu-west-1:111122223333:project/p"
	held := func(lockID string) lock.Row {
		return lock.Row{Exists: true, LockID: lockID, Status: contract.StatusInProgress}
	}
	table := rows{contract.SlotKey(project, 0): held("a"), contract.SlotKey(project, 2): held("b")}
	slots, err := items.ReadSlots(t.Context(), table, project)
	if err != nil || len(slots) != contract.MaxSlots {
		t.Fatalf("%d slots, %v", len(slots), err)
	}
	for name, c := range map[string]struct {
		why         string
		lockID      string
		concurrency int
		want        string
	}{
		"free":       {"the lowest free one", "c", 3, contract.SlotKey(project, 1)},
		"full":       {"as many are held as may run", "c", 2, ""},
		"lowered":    {"concurrency was lowered while builds run", "c", 1, ""},
		"own, full":  {"after a crash the lock finds the slot that it holds", "b", 1, contract.SlotKey(project, 2)},
		"own, lower": {"its own slot, not a lower one that is free", "b", 50, contract.SlotKey(project, 2)},
	} {
		if got := slots.For(c.lockID, c.concurrency); got != c.want {
			t.Errorf("%s: %s: got %q", name, c.why, got)
		}
	}
	full := rows{}
	for n := range contract.MaxSlots {
		full[contract.SlotKey(project, n)] = held("other")
	}
	for name, c := range map[string]struct {
		why         string
		table       rows
		concurrency int
		want        string
	}{
		"none held":  {"the first", rows{}, 1, contract.SlotKey(project, 0)},
		"every slot": {"there is none left, whatever the concurrency", full, contract.MaxSlots, ""},
	} {
		slots, err := items.ReadSlots(t.Context(), c.table, project)
		if got := slots.For("mine", c.concurrency); err != nil || got != c.want {
			t.Errorf("%s: %s: got %q, %v", name, c.why, got, err)
		}
	}
	if !slots.Has(contract.SlotKey(project, 49)) || slots.Has(contract.SlotKey(project+"-other", 0)) {
		t.Error("a slot of another project bounds nothing here")
	}
	if _, err := items.ReadSlots(t.Context(), rows(nil), project); err == nil || !strings.Contains(err.Error(), "reading the slots") {
		t.Errorf("got %v", err)
	}
}
