// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

const (
	labelPhase = "phase"
	// inventoryTimeout bounds a look at all items. It reads the cache.
	inventoryTimeout = 10 * time.Second
)

// phases are all phases of an item.
var phases = []v1alpha1.Phase{
	v1alpha1.PhasePending, v1alpha1.PhaseWaiting, v1alpha1.PhaseQueued, v1alpha1.PhaseStarting, v1alpha1.PhaseRunning,
	v1alpha1.PhaseConcluding, v1alpha1.PhaseSucceeded, v1alpha1.PhaseFailed, v1alpha1.PhaseCancelled,
}

// Inventory is the metrics that are counted from the objects that there are, each time somebody asks: a number that is kept
// would drift from them. Only the leader's is registered, or two replicas would count everything twice.
type Inventory struct {
	registry prometheus.Registerer
	reader   client.Reader

	items, overdue, oldest *prometheus.Desc
}

// NewInventory returns an Inventory of what a reader, which is a cache, finds.
func NewInventory(registry prometheus.Registerer, reader client.Reader) *Inventory {
	desc := func(name, help string, more ...string) *prometheus.Desc {
		return prometheus.NewDesc("kiro_worker_workitem_"+name, help, with(more...), nil)
	}
	return &Inventory{
		registry: registry, reader: reader,
		items:   desc("items", "Work items that exist, by phase.", labelPhase),
		overdue: desc("overdue", "Work items that wait longer than they should, by deadline.", labelDeadline),
		oldest:  desc("oldest_attempt_timestamp_seconds", "When the attempt began that has been going on longest. Absent while there is none."),
	}
}

// Start implements manager.Runnable: it serves the metrics while this process leads.
func (i *Inventory) Start(ctx context.Context) error {
	if err := i.registry.Register(i); err != nil {
		return fmt.Errorf("registering the metrics of what there is: %w", err)
	}
	<-ctx.Done()
	i.registry.Unregister(i)
	return nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (i *Inventory) NeedLeaderElection() bool { return true }

// Describe implements prometheus.Collector.
func (i *Inventory) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{i.items, i.overdue, i.oldest} {
		ch <- d
	}
}

// stock is what there is of an environment.
type stock struct {
	tier     string
	phases   map[v1alpha1.Phase]int
	overdue  map[string]int
	earliest time.Time
}

// Collect implements prometheus.Collector.
func (i *Inventory) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), inventoryTimeout)
	defer cancel()
	found, err := i.take(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(i.items, err)
		return
	}
	for key, s := range found {
		gauge := func(d *prometheus.Desc, v float64, more ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{key.Namespace, key.Name, s.tier}, more...)...)
		}
		for _, phase := range phases {
			gauge(i.items, float64(s.phases[phase]), string(phase))
		}
		for _, deadline := range deadlines {
			gauge(i.overdue, float64(s.overdue[deadline]), deadline)
		}
		if !s.earliest.IsZero() {
			gauge(i.oldest, float64(s.earliest.Unix()))
		}
	}
}

// take counts. Items of an environment that does not exist are counted under no name.
func (i *Inventory) take(ctx context.Context) (map[types.NamespacedName]*stock, error) {
	environments, items := &v1alpha1.WorkEnvironmentList{}, &v1alpha1.WorkItemList{}
	if err := i.reader.List(ctx, environments, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the environments: %w", err)
	}
	if err := i.reader.List(ctx, items, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the work items: %w", err)
	}
	found := map[types.NamespacedName]*stock{}
	at := func(key types.NamespacedName) *stock {
		if found[key] == nil {
			found[key] = &stock{phases: map[v1alpha1.Phase]int{}, overdue: map[string]int{}}
		}
		return found[key]
	}
	exists := map[types.NamespacedName]bool{}
	for n := range environments.Items {
		e := &environments.Items[n]
		key := client.ObjectKeyFromObject(e)
		exists[key], at(key).tier = true, string(e.Spec.Tier)
	}
	for n := range items.Items {
		item := &items.Items[n]
		key := types.NamespacedName{Namespace: item.Namespace, Name: item.Spec.EnvironmentRef.Name}
		if !exists[key] {
			key = types.NamespacedName{}
		}
		at(key).count(item)
	}
	return found, nil
}

func (s *stock) count(item *v1alpha1.WorkItem) {
	phase := item.Status.Phase
	if phase == "" {
		phase = v1alpha1.PhasePending
	}
	s.phases[phase]++
	if overdue := item.Condition(v1alpha1.ConditionOverdue); overdue.Type != "" {
		s.overdue[overdue.Reason]++
	}
	if !item.AttemptActive() || item.Status.Attempt.IntentTime == nil {
		return
	}
	if began := item.Status.Attempt.IntentTime.Time; s.earliest.IsZero() || began.Before(s.earliest) {
		s.earliest = began
	}
}

var _ prometheus.Collector = (*Inventory)(nil)
