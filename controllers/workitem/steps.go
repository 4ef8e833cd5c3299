// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

// steps is the order of a work item's way. A new step is one file and one entry. before is the item as it was last written.
func (r *Reconciler) steps(before *v1alpha1.WorkItem) []reconcile.Step[*v1alpha1.WorkItem] {
	accept := &acceptStep{access: r.access, clock: r.clock}
	steps := []reconcile.Step[*v1alpha1.WorkItem]{
		&stopStep{
			access: r.access, clock: r.clock, watcher: r.watcher, collector: r.collector,
			dispatcher: r.dispatcher, heartbeats: r.heartbeats, trouble: r.trouble,
		},
		accept,
		&admitStep{access: r.access, clock: r.clock, dispatcher: r.dispatcher},
		&lockStep{
			access: r.access, clock: r.clock, random: r.random, cluster: r.cluster,
			accept: accept, collector: r.collector, dispatcher: r.dispatcher, traced: r.traces != nil,
		},
		&startStep{
			access: r.access, clock: r.clock, random: r.random, metrics: r.metrics, dispatcher: r.dispatcher, persist: r.persister(before),
		},
		&watchStep{
			clock: r.clock, watcher: r.watcher, metrics: r.metrics, traces: r.traces, reporter: r.reporter, over: r.over,
			progressInterval: r.progressInterval, settling: r.settling,
		},
		&concludeStep{
			access: r.access, clock: r.clock, random: r.random, metrics: r.metrics, traces: r.traces,
			watcher: r.watcher, dispatcher: r.dispatcher, reporter: r.reporter,
		},
	}
	for n := range steps {
		steps[n] = traced{Step: steps[n], traces: r.traces}
	}
	return steps
}
