// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

const (
	// maxHolder is the longest text that the schema allows for a slot's work item and build, in bytes.
	maxHolder = 512
	// namedForeign is how many of another program's rows a message names.
	namedForeign = 3
)

// What a slot's status says where the row names no work item.
const (
	holderForeign = "another program"
	holderUnknown = "unknown"
)

// slotsStep reads who holds the project's slots, over every cluster that shares it. All slots are read, whatever the
// concurrency is now: after it was lowered, builds may still run in the higher ones.
type slotsStep struct {
	tables Tables
	now    time.Time
}

func (slotsStep) Condition() string { return v1alpha1.ConditionLockTableReady }

func (s slotsStep) Reconcile(ctx context.Context, environment *v1alpha1.WorkEnvironment) (reconcile.Result, error) {
	status := &environment.Status
	if status.ProjectARN == "" || !tableUsable(environment) {
		return reconcile.Done(), nil
	}
	slots, err := s.read(ctx, environment)
	if err != nil {
		return reconcile.Result{}, err
	}
	status.Slots = slotsInUse(slots)
	status.SlotsInUse = int32(len(status.Slots)) //nolint:gosec // at most contract.MaxSlots
	reportForeign(environment, s.now, slots)
	return reconcile.Done(), nil
}

func (s slotsStep) read(ctx context.Context, environment *v1alpha1.WorkEnvironment) (items.Slots, error) {
	table, err := s.tables.LockReader(ctx, environment.Namespace, environment.Spec.LockAccess(), environment.Spec.Lock.TableName)
	if err != nil {
		return nil, fmt.Errorf("reaching the lock table: %w", err)
	}
	return items.ReadSlots(ctx, table, environment.Status.ProjectARN)
}

// tableUsable reports whether slots can be read from the lock table. A table with another program's row in it is still
// read: otherwise nobody would notice when that row is gone.
func tableUsable(environment *v1alpha1.WorkEnvironment) bool {
	c := conditionOf(environment, v1alpha1.ConditionLockTableReady)
	return c.Status == metav1.ConditionTrue || c.Reason == v1alpha1.ReasonForeignRow
}

// slotsInUse are the slots that somebody holds, expired or not: time alone never frees a slot.
func slotsInUse(slots items.Slots) []v1alpha1.SlotStatus {
	var inUse []v1alpha1.SlotStatus
	for n, row := range slots {
		if !row.Held() {
			continue
		}
		slot := v1alpha1.SlotStatus{Slot: int32(n), WorkItem: holder(row), BuildARN: fault.Cut(row.BuildID, maxHolder)}
		if !row.ExpiresAt.IsZero() {
			at := wholeSeconds(row.ExpiresAt)
			slot.ExpiresAt = &at
		}
		inUse = append(inUse, slot)
	}
	return inUse
}

func holder(row lock.Row) string {
	switch {
	case row.Foreign:
		return holderForeign
	case row.WorkItemID == "":
		return holderUnknown
	}
	return fault.Cut(row.WorkItemID, maxHolder)
}

// reportForeign says which rows are another program's. That program's locks do not keep our builds out, so the table
// cannot be shared with it.
func reportForeign(environment *v1alpha1.WorkEnvironment, now time.Time, slots items.Slots) {
	set := conditionsOf(environment, now)
	var foreign []string
	for _, row := range slots {
		if row.Foreign {
			foreign = append(foreign, fmt.Sprintf("%q", row.Key))
		}
	}
	if len(foreign) > 0 {
		set.False(v1alpha1.ConditionLockTableReady, v1alpha1.ReasonForeignRow, fmt.Sprintf(
			"%d rows of table %q were written by another program: %s. Stop that program and delete its rows, or use a table of your own.",
			len(foreign), environment.Spec.Lock.TableName, strings.Join(foreign[:min(len(foreign), namedForeign)], ", ")))
		return
	}
	if conditionOf(environment, v1alpha1.ConditionLockTableReady).Reason == v1alpha1.ReasonForeignRow {
		set.True(v1alpha1.ConditionLockTableReady, v1alpha1.ReasonUsable, tableMessage(environment))
	}
}
