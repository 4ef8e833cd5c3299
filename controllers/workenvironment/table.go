// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// checkTable checks that the lock table is there, with the right key and TTL attribute.
type checkTable struct {
	tables  Tables
	metrics *Metrics
}

func (s checkTable) run(ctx context.Context, l *look) error {
	if !l.check {
		return nil
	}
	err := s.check(ctx, l.environment)
	s.metrics.checked(checkLockTable, err)
	if err != nil {
		l.fail(v1alpha1.ConditionLockTableReady, err)
		return nil
	}
	l.conditions().True(v1alpha1.ConditionLockTableReady, v1alpha1.ReasonUsable, tableMessage(l.environment))
	return nil
}

func (s checkTable) check(ctx context.Context, environment *v1alpha1.WorkEnvironment) error {
	table, err := s.tables.LockReader(ctx, environment.Namespace, environment.Spec.LockAccess(), environment.Spec.Lock.TableName)
	if err != nil {
		return fmt.Errorf("reaching the lock table: %w", err)
	}
	return table.CheckTable(ctx)
}

func tableMessage(environment *v1alpha1.WorkEnvironment) string {
	return fmt.Sprintf("Table %q can be used.", environment.Spec.Lock.TableName)
}
