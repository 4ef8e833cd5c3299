// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package garbagecollection

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// Sweep frees the expired locks of an environment's project whose holder is gone: an item that was cancelled or deleted
// after a crash had kept it from writing down that it had a lock, another cluster, a row that came back from a backup. A
// lock is found by its slot, whose row names the branch.
func (c *Collector) Sweep(ctx context.Context, env *v1alpha1.WorkEnvironment) error {
	if env.Status.ProjectARN == "" {
		return nil
	}
	table, err := c.access.EnvironmentTable(ctx, env)
	if err != nil {
		return err
	}
	slots, err := items.ReadSlots(ctx, table, env.Status.ProjectARN)
	if err != nil {
		return err
	}
	return c.collect(ctx, env, table, slots)
}

// IdleSlots frees those of an environment's slots whose holder is gone. An item waits for one.
func (c *Collector) IdleSlots(ctx context.Context, env *v1alpha1.WorkEnvironment, slots []lock.Row) {
	table, err := c.access.EnvironmentTable(ctx, env)
	if err == nil {
		err = c.collect(ctx, env, table, slots)
	}
	c.report(ctx, env, err)
}

// report says what kept an environment's locks from being looked at, when that changes.
func (c *Collector) report(ctx context.Context, env *v1alpha1.WorkEnvironment, err error) {
	key := client.ObjectKeyFromObject(env).String()
	if c.trouble.Changed("sweep "+key, fault.Message(err), c.clock.Now()) {
		logging.Warn(log.FromContext(ctx), "Could not look for locks whose holder is gone",
			logging.KeyEnvironment, key, logging.KeyError, fault.Message(err))
	}
}

func (c *Collector) collect(ctx context.Context, env *v1alpha1.WorkEnvironment, table Table, slots []lock.Row) error {
	errs := []error{c.abandonOvertaken(ctx, env, table, slots)}
	for _, row := range slots {
		_, err := c.reap(ctx, env, table, row)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// SetupWithManager has every environment swept from time to time.
func (c *Collector) SetupWithManager(mgr ctrl.Manager, realTime clock.Clock, interval time.Duration) error {
	if err := mgr.Add(&sweeper{collector: c, clock: realTime, interval: interval}); err != nil {
		return fmt.Errorf("adding the sweeper of locks: %w", err)
	}
	return nil
}

// sweeper calls Sweep for every environment, from time to time. A lock whose holder is gone matters to nobody until
// somebody wants its slot or branch, and then it is freed at once; this is for the others.
type sweeper struct {
	collector *Collector
	clock     clock.Clock
	interval  time.Duration
}

// Start implements manager.Runnable.
func (s *sweeper) Start(ctx context.Context) error {
	for {
		timer := s.clock.NewTimer(s.interval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C():
			s.sweep(ctx)
		}
	}
}

// sweep goes over all environments. What fails is tried again the next time.
func (s *sweeper) sweep(ctx context.Context) {
	environments := &v1alpha1.WorkEnvironmentList{}
	if err := s.collector.access.Reader.List(ctx, environments); err != nil {
		log.FromContext(ctx).Error(err, "Could not list the environments")
		return
	}
	for i := range environments.Items {
		env := &environments.Items[i]
		s.collector.report(ctx, env, s.collector.Sweep(ctx, env))
	}
}

// NeedLeaderElection has only the leader sweep.
func (s *sweeper) NeedLeaderElection() bool { return true }
