// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

const (
	// tellAgain is how soon other clusters are told again that slots are wanted, while they are.
	tellAgain = 10 * time.Second
	// demandLasts is how long a cluster that has said that it wants slots counts as wanting some.
	demandLasts = time.Minute
)

// others is how many other clusters want slots of an environment's project. Where that cannot be read, because the role's
// policy is of an older version, the slots are shared without it: whoever is first has them.
func (d *Dispatcher) others(ctx context.Context, env *v1alpha1.WorkEnvironment) int {
	var clusters map[string]time.Time
	err := d.withDemand(ctx, env, func(ctx context.Context, table lock.Demand) (err error) {
		clusters, err = table.WhoWants(ctx, env.Status.ProjectARN)
		return err
	})
	if err != nil {
		log.FromContext(ctx).V(1).Info("Could not read which clusters want slots", keyProject, env.Status.ProjectARN, logging.KeyError, fault.Message(err))
	}
	others, now := 0, d.options.Clock.Now()
	for cluster, at := range clusters {
		if cluster != d.options.Cluster && now.Sub(at).Abs() <= demandLasts {
			others++
		}
	}
	return others
}

// tellOthers says in the lock table that this cluster wants slots of a project and finds none.
func (d *Dispatcher) tellOthers(ctx context.Context, project string, env *v1alpha1.WorkEnvironment) {
	d.mu.Lock()
	now := d.options.Clock.Now()
	tell := !d.queues.Demand(project).IsZero() && now.Sub(d.told[project]) >= tellAgain
	if tell {
		d.told[project] = now
	}
	d.mu.Unlock()
	if !tell {
		return
	}
	err := d.withDemand(ctx, env, func(ctx context.Context, table lock.Demand) error {
		return table.WantSlots(ctx, env.Status.ProjectARN, d.options.Cluster, now)
	})
	if err != nil {
		log.FromContext(ctx).V(1).Info("Could not tell other clusters that slots are wanted", keyProject, env.Status.ProjectARN, logging.KeyError, fault.Message(err))
	}
}

func (d *Dispatcher) withDemand(ctx context.Context, env *v1alpha1.WorkEnvironment, act func(context.Context, lock.Demand) error) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	table, err := d.options.Tables.Demand(ctx, env.Namespace, env.Spec.LockAccess(), env.Spec.Lock.TableName)
	if err != nil {
		return err
	}
	return act(ctx, table)
}
