// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// leadership says in a metric whether this replica works.
type leadership struct{ gauge prometheus.Gauge }

// newLeadership registers the metric.
func newLeadership(registry prometheus.Registerer) *leadership {
	l := &leadership{gauge: prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "kiro_worker_manager_leader", Help: "1 in the replica that works, 0 in those that stand by.",
	})}
	registry.MustRegister(l.gauge)
	return l
}

// Start implements manager.Runnable. It begins when this replica is elected, or at once where no leader is elected.
func (l *leadership) Start(ctx context.Context) error {
	l.gauge.Set(1)
	<-ctx.Done()
	l.gauge.Set(0)
	return nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (l *leadership) NeedLeaderElection() bool { return true }
