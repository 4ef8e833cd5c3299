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
		if got := c.item.Waits(); got != c.want {
			t.Errorf("%s: %s: waiting is %t", name, c.why, got)
		}
	}
}

func TestWaitingSince(t *testing.T) {
	accepting, queued := metav1.NewTime(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)), metav1.NewTime(time.Date(2026, 1, 2, 1, 0, 0, 0, time.UTC))
	item := accepted(func(i *v1alpha1.WorkItem) { i.Status.Conditions[0].LastTransitionTime = accepting })
	if got := items.WaitingSince(item); !got.Equal(accepting.Time) {
		t.Errorf("an item that was just accepted waits since %s", got)
	}
	item.Status.Queue = &v1alpha1.QueuePosition{Since: &queued}
	if got := items.WaitingSince(item); !got.Equal(queued.Time) {
		t.Errorf("an item in the queue waits since %s", got)
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
func (rows) Drawn(context.Context, []string, string) (map[string]lock.Drawn, error) {
	return nil, nil //nolint:nilnil // a table without budgets
}

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
	if held := slots.Held(); !held[0] || held[1] || !held[2] || len(held) != contract.MaxSlots {
		t.Errorf("held are %v", held)
	}
	if !slots.Has(contract.SlotKey(project, 49)) || slots.Has(contract.SlotKey(project+"-other", 0)) {
		t.Error("a slot of another project bounds nothing here")
	}
	if _, err := items.ReadSlots(t.Context(), rows(nil), project); err == nil || !strings.Contains(err.Error(), "reading the slots") {
		t.Errorf("got %v", err)
	}
}
