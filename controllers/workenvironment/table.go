// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

// tableStep checks that the lock table exists, with the right key and TTL attribute.
type tableStep struct {
	tables  Tables
	metrics *Metrics
	now     time.Time
}

func (tableStep) Condition() string { return v1alpha1.ConditionLockTableReady }

func (s tableStep) Reconcile(ctx context.Context, environment *v1alpha1.WorkEnvironment) (reconcile.Result, error) {
	err := s.check(ctx, environment)
	s.metrics.checked(environment, checkLockTable, err)
	if err != nil {
		return reconcile.Result{}, err
	}
	conditionsOf(environment, s.now).True(v1alpha1.ConditionLockTableReady, v1alpha1.ReasonUsable, tableMessage(environment))
	return reconcile.Done(), nil
}

func (s tableStep) check(ctx context.Context, environment *v1alpha1.WorkEnvironment) error {
	table, err := s.tables.LockReader(ctx, environment.Namespace, environment.Spec.LockAccess(), environment.Spec.Lock.TableName)
	if err != nil {
		return fmt.Errorf("reaching the lock table: %w", err)
	}
	return table.CheckTable(ctx)
}

func tableMessage(environment *v1alpha1.WorkEnvironment) string {
	return fmt.Sprintf("Table %q can be used.", environment.Spec.Lock.TableName)
}
