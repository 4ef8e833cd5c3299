// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// Sweep frees the expired locks of an environment's project whose holder is gone: an item that was cancelled or
// deleted after a crash had kept it from writing down that it had a lock, another cluster, a row that came back from
// a backup. A lock is found by its slot, whose row names the branch.
func (r *Reconciler) Sweep(ctx context.Context, env *v1alpha1.WorkEnvironment) error {
	if env.Status.ProjectARN == "" {
		return nil
	}
	table, err := r.clients.Table(ctx, env.Namespace, env.Spec.LockAccess(), env.Spec.Lock.TableName)
	if err != nil {
		return fmt.Errorf("reaching the lock table: %w", err)
	}
	slots, err := readSlots(ctx, table, env.Status.ProjectARN)
	if err != nil {
		return err
	}
	t := &lockStep{deps: r.deps, settling: r.SettlingTime}
	var errs []error
	for _, row := range slots {
		_, err := t.reap(ctx, env, table, row)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// sweeper calls Sweep for every environment, from time to time. Locks whose holder is gone stand in nobody's way until
// somebody wants their slot or branch, and then they are freed at once; this is for the others.
type sweeper struct {
	reconciler *Reconciler
	clock      clock.Clock
	interval   time.Duration
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
	if err := s.reconciler.Client.List(ctx, environments); err != nil {
		log.FromContext(ctx).Error(err, "Could not list the environments")
		return
	}
	for i := range environments.Items {
		env := &environments.Items[i]
		if err := s.reconciler.Sweep(ctx, env); err != nil {
			log.FromContext(ctx).Info("Could not look for locks whose holder is gone",
				keyEnvironment, client.ObjectKeyFromObject(env).String(), keyError, fault.Message(err))
		}
	}
}

// NeedLeaderElection has only the leader sweep.
func (s *sweeper) NeedLeaderElection() bool { return true }
