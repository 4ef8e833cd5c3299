// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package garbagecollection

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// orphaned reports whether a row is held by the item itself, under a lock that it will never use: no build has claimed it,
// and it is of an attempt that is over, or of the next attempt but for another branch than is asked for now. The first
// comes of a cache that lagged, the second of a branch that was changed between acquiring the lock and the intent. Without
// this the item would wait for itself for a whole lease.
func orphaned(item *v1alpha1.WorkItem, row lock.Row) bool {
	if row.Foreign || !row.Held() || row.Holder != string(item.UID) || row.BuildID != "" {
		return false
	}
	next := locks.NextNumber(item)
	return row.Attempt < next || (row.Attempt == next && row.BranchKey != locks.BranchKey(item))
}

// AbandonUnrecorded abandons a lock that the item's status does not know of. It is best effort: an item that runs nothing
// ends, whether or not its environment can be reached. What is left behind then, the sweep frees once it has expired.
func (c *Collector) AbandonUnrecorded(ctx context.Context, item *v1alpha1.WorkItem) {
	err := c.abandonUnrecorded(ctx, item)
	if c.trouble.Changed(client.ObjectKeyFromObject(item).String(), fault.Message(err), c.clock.Now()) {
		logging.Warn(log.FromContext(ctx), "Could not look for a lock that the status does not know of", logging.KeyError, fault.Message(err))
	}
}

// abandonUnrecorded looks for a lock that was acquired just before the write that would have recorded it was refused or
// lost, and abandons it. It is found by its id, in the slots of the environment's project.
func (c *Collector) abandonUnrecorded(ctx context.Context, item *v1alpha1.WorkItem) error {
	env, err := c.access.Environment(ctx, item)
	if apierrors.IsNotFound(err) || (err == nil && env.Status.ProjectARN == "") {
		return nil
	}
	if err != nil {
		return err
	}
	table, err := c.access.EnvironmentTable(ctx, env)
	if err != nil {
		return err
	}
	slots, err := items.ReadSlots(ctx, table, env.Status.ProjectARN)
	if err != nil {
		return err
	}
	lockID := locks.NextID(item)
	for _, row := range slots {
		if row.LockID != lockID || !row.Held() {
			continue
		}
		a := &v1alpha1.Attempt{LockID: lockID, Parameters: v1alpha1.FrozenParameters{BranchKey: row.BranchKey}}
		if err := locks.Abandon(ctx, table, a, c.clock.Now()); err != nil {
			return fmt.Errorf("abandoning a lock that was acquired just before: %w", err)
		}
		if err := settleNothing(ctx, table, row); err != nil {
			return err
		}
		c.dispatcher.Freed(env, row)
	}
	return nil
}

// abandonOvertaken abandons the locks of the environment's own items that no build has claimed and whose attempt is over: a
// cache that lagged had an old number acquired again. Their slots would be idle until the leases end.
func (c *Collector) abandonOvertaken(ctx context.Context, env *v1alpha1.WorkEnvironment, table Table, slots []lock.Row) error {
	unclaimed := map[string]lock.Row{}
	for _, row := range slots {
		if row.Held() && !row.Foreign && row.BuildID == "" {
			unclaimed[row.Holder] = row
		}
	}
	if len(unclaimed) == 0 {
		return nil
	}
	all, err := items.InEnvironment(ctx, c.access.Reader, client.ObjectKeyFromObject(env))
	if err != nil {
		return err
	}
	for i := range all {
		row, ok := unclaimed[string(all[i].UID)]
		if !ok || row.Attempt >= locks.NextNumber(&all[i]) {
			continue
		}
		if _, err := c.freed(ctx, env, table, row, abandoned, table.Abandon(ctx, row, c.clock.Now())); err != nil {
			return err
		}
	}
	return nil
}

// settleNothing gives back what a lock has set aside in budgets that no build ran for.
func settleNothing(ctx context.Context, table lock.Acquirer, row lock.Row) error {
	if err := table.Settle(ctx, row.Budgets(), row.LockID, contract.Usage{}); err != nil {
		return fmt.Errorf("settling the budgets of a lock that was freed: %w", err)
	}
	return nil
}
