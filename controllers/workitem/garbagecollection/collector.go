// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package garbagecollection frees locks that nobody will release: those whose holder is gone (sweeper and reaper), and
// those that a work item acquired and will never use (orphans). It frees no lock by time alone: without a build the lock is
// abandoned, and with one the build's own account has to say that it is over.
package garbagecollection

import (
	"context"
	"fmt"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// Table is what of a lock table is used here.
type Table interface {
	lock.Reader
	lock.Acquirer
	lock.Reaper
}

// Log keys.
const (
	keyHow    = "how"
	keyRow    = "row"
	keyHolder = "holder"
)

// How a lock was freed.
const (
	abandoned = "abandoned"
	reclaimed = "reclaimed"
)

// Collector frees locks that nobody will release.
type Collector struct {
	access     access.Access
	clock      clock.PassiveClock
	settling   time.Duration
	over       *tracking.FirstSeenTracker
	dispatcher *dispatch.Dispatcher
	missing    *tracking.NotFoundTracker
	trouble    *tracking.TroubleTracker
}

// New returns a Collector. settling is how long after a build's end its last request may still be on its way, counted from
// when over first saw the end.
func New(reach access.Access, now clock.PassiveClock, settling time.Duration, over *tracking.FirstSeenTracker, dispatcher *dispatch.Dispatcher) *Collector {
	return &Collector{
		access: reach, clock: now, settling: settling, over: over, dispatcher: dispatcher,
		missing: tracking.NewNotFoundTracker(), trouble: tracking.NewTroubleTracker(),
	}
}

// Free frees a row that an item's lock was refused for, if nobody needs it any more: the item's own orphan, or a lock whose
// holder is gone. It reports whether the row was freed.
func (c *Collector) Free(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, table Table, row lock.Row) (bool, error) {
	if orphaned(item, row) {
		return c.freed(ctx, env, table, row, abandoned, table.Abandon(ctx, row, c.clock.Now()))
	}
	return c.reap(ctx, env, table, row)
}

func (c *Collector) freed(ctx context.Context, env *v1alpha1.WorkEnvironment, table Table, row lock.Row, how string, err error) (bool, error) {
	switch {
	case locks.IsRefusal(err):
		return false, nil // it changed while we looked
	case err != nil:
		return false, fmt.Errorf("freeing a lock: %w", err)
	}
	if how == abandoned {
		if err := settleNothing(ctx, table, row); err != nil {
			return false, err
		}
	}
	c.dispatcher.Freed(env, row)
	logging.Info(log.FromContext(ctx), "Freed a lock", keyHow, how, keyRow, row.Key, keyHolder, row.WorkItemID, logging.KeyBuild, row.BuildID)
	return true, nil
}
