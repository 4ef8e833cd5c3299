// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

const (
	// labelOutcome is a reason of the Succeeded condition.
	labelOutcome = "outcome"
	// labelDeadline is a reason of the Overdue condition.
	labelDeadline = "deadline"
)

// Metrics are the work item controller's own. The package's doc lists them.
type Metrics struct {
	outcomes      *prometheus.CounterVec
	attempts      *prometheus.CounterVec
	overdue       *prometheus.CounterVec
	startRefusals prometheus.Counter
	statusWrites  prometheus.Counter
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_workitem_outcomes_total", Help: "Work items that ended, by outcome.",
		}, []string{labelOutcome}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_workitem_attempts_total", Help: "Attempts that ended, by outcome.",
		}, []string{labelOutcome}),
		overdue: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_workitem_overdue_total", Help: "Waits that lasted longer than they should, by deadline.",
		}, []string{labelDeadline}),
		startRefusals: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kiro_worker_workitem_start_refusals_total", Help: "Calls of StartBuild that returned no build.",
		}),
		statusWrites: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kiro_worker_workitem_status_writes_total", Help: "Status writes, over all work items.",
		}),
	}
	registry.MustRegister(m.outcomes, m.attempts, m.overdue, m.startRefusals, m.statusWrites)
	return m
}

// record counts what a reconcile has changed.
func (m *Metrics) record(before, item *v1alpha1.WorkItem) {
	was, is := before.Condition(v1alpha1.ConditionOverdue), item.Condition(v1alpha1.ConditionOverdue)
	if is.Type != "" && is.Reason != was.Reason {
		m.overdue.WithLabelValues(is.Reason).Inc()
	}
	if !before.Finished() && item.Finished() {
		m.outcomes.WithLabelValues(item.Condition(v1alpha1.ConditionSucceeded).Reason).Inc()
	}
}
