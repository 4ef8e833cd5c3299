// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// readSlots reads who holds the project's slots, over every cluster that shares it. All fifty are read, whatever
// the concurrency is now: after it was lowered, builds may still run in the higher ones.
type readSlots struct {
	tables Tables
}

func (s readSlots) run(ctx context.Context, l *look) error {
	status := &l.environment.Status
	if status.ProjectARN == "" || !tableUsable(l) {
		return nil
	}
	rows, err := s.rows(ctx, l.environment)
	if err != nil {
		l.fail(v1alpha1.ConditionLockTableReady, fmt.Errorf("reading the slots: %w", err))
		return nil
	}
	status.Slots = slotsInUse(rows)
	status.SlotsInUse = int32(len(status.Slots)) //nolint:gosec // at most contract.MaxSlots
	noteForeign(l, rows)
	return nil
}

// rows are the rows of all slots, by number, from one consistent read.
func (s readSlots) rows(ctx context.Context, environment *v1alpha1.WorkEnvironment) ([]lock.Row, error) {
	table, err := s.tables.LockReader(ctx, environment.Namespace, environment.Spec.LockAccess(), environment.Spec.Lock.TableName)
	if err != nil {
		return nil, err
	}
	keys := contract.SlotKeys(environment.Status.ProjectARN)
	found, err := table.Rows(ctx, keys)
	if err != nil {
		return nil, err
	}
	rows := make([]lock.Row, len(keys))
	for n, key := range keys {
		rows[n] = found[key]
		rows[n].Key = key
	}
	return rows, nil
}

// tableUsable reports whether there is a table to read slots from. One with another program's row in it is still
// read: it is how its going is noticed.
func tableUsable(l *look) bool {
	c := l.conditions().Get(v1alpha1.ConditionLockTableReady)
	return c != nil && (c.Status == metav1.ConditionTrue || c.Reason == v1alpha1.ReasonForeignRow)
}

// slotsInUse are the slots that somebody holds, expired or not: nothing is free by time alone.
func slotsInUse(rows []lock.Row) []v1alpha1.SlotStatus {
	var slots []v1alpha1.SlotStatus
	for n, row := range rows {
		if !row.Held() {
			continue
		}
		slot := v1alpha1.SlotStatus{Slot: int32(n), WorkItem: holder(row), BuildARN: cut(row.BuildID, 512)}
		if !row.ExpiresAt.IsZero() {
			at := wholeSeconds(row.ExpiresAt)
			slot.ExpiresAt = &at
		}
		slots = append(slots, slot)
	}
	return slots
}

func holder(row lock.Row) string {
	switch {
	case row.Foreign:
		return "another program"
	case row.WorkItemID == "":
		return "unknown"
	}
	return cut(row.WorkItemID, 512)
}

// noteForeign says which rows are another program's. Its locks mean something else than ours, so the table cannot
// be shared with it.
func noteForeign(l *look, rows []lock.Row) {
	set := l.conditions()
	var foreign []string
	for _, row := range rows {
		if row.Foreign {
			foreign = append(foreign, fmt.Sprintf("%q", row.Key))
		}
	}
	if len(foreign) > 0 {
		named := strings.Join(foreign[:min(len(foreign), 3)], ", ")
		set.False(v1alpha1.ConditionLockTableReady, v1alpha1.ReasonForeignRow, fmt.Sprintf(
			"%d rows of table %q were written by another program: %s. Stop it and delete its rows, or use a table of your own.",
			len(foreign), l.environment.Spec.Lock.TableName, named))
		return
	}
	if c := set.Get(v1alpha1.ConditionLockTableReady); c.Reason == v1alpha1.ReasonForeignRow {
		set.True(v1alpha1.ConditionLockTableReady, v1alpha1.ReasonUsable, tableMessage(l.environment))
	}
}

// cut shortens a text to at most n bytes, at a character's boundary.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	end := 0
	for i := range text {
		if i > n {
			break
		}
		end = i
	}
	return text[:end]
}
