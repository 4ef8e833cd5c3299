// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/metrics"
)

// A label name of this controller's own, and the values of check and result.
const (
	labelCheck  = "check"
	labelPeriod = "period"
	labelUnit   = "unit"

	checkLockTable        = "lock_table"
	checkCodeBuildProject = "project"
	checkArtifactBucket   = "bucket"
	checkSecret           = "secret"
	checkDestination      = "notification"

	resultPassed = "passed"
	resultFailed = "failed"
	resultWaited = "waited"
)

// Metrics are this controller's. The package's documentation lists them.
type Metrics struct {
	checks *prometheus.CounterVec
	series metrics.Series

	ready, degraded, credentials, slots, inUse, heldByNobody, length, oldest, budgetUsed, budgetLimit *prometheus.Desc

	mu sync.Mutex
	by map[types.NamespacedName]observation
}

// observation is what the gauges need of an environment.
type observation struct {
	tier                 string
	ready, credentials   bool
	degraded             bool
	slots, inUse, length int32
	heldByNobody         int32
	oldest               time.Time
	budget               []budgetGauge
}

// NewMetrics registers the metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("kiro_worker_workenvironment_"+name, help,
			[]string{metrics.LabelNamespace, metrics.LabelEnvironment, metrics.LabelTier}, nil)
	}
	ofBudget := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("kiro_worker_workenvironment_"+name, help,
			[]string{metrics.LabelNamespace, metrics.LabelEnvironment, metrics.LabelTier, labelPeriod, labelUnit}, nil)
	}
	m := &Metrics{
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_workenvironment_checks_total", Help: "Checks of what the environment names: lock table, project, bucket, secrets, topics and queues, by result.",
		}, []string{metrics.LabelNamespace, metrics.LabelEnvironment, labelCheck, metrics.LabelResult}),
		ready:        desc("ready", "1 if builds can run in the environment, else 0."),
		degraded:     desc("degraded", "1 while the infrastructure keeps failing and builds are started one at a time, else 0."),
		credentials:  desc("credentials_valid", "0 if the environment's credentials are missing, were refused or lack a permission, else 1."),
		slots:        desc("slots", "Builds that may run at once."),
		inUse:        desc("slots_in_use", "Slots in use, over every cluster."),
		heldByNobody: desc("slots_held_by_nobody", "Slots whose lease had ended when they were last looked at, and which nobody released: their holder is gone. The sweep frees them, or who needs one."),
		length:       desc("queue_length", "Work items that wait for a slot."),
		oldest:       desc("oldest_queued_timestamp_seconds", "Since when the longest waiting work item waits. Absent while none does."),
		budgetUsed:   ofBudget("budget_used", "What is used and set aside of the environment's budget, over every cluster, by period (day, month) and by unit (builds, minutes, credits)."),
		budgetLimit:  ofBudget("budget_limit", "What the environment's budget allows, by period and by unit. Absent where it bounds nothing."),
		by:           map[types.NamespacedName]observation{},
	}
	m.series = metrics.Series{m.checks}
	m.series.Register(registry)
	registry.MustRegister(m)
	return m
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.ready, m.degraded, m.credentials, m.slots, m.inUse, m.heldByNobody, m.length, m.oldest, m.budgetUsed, m.budgetLimit} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, o := range m.by {
		gauge := func(d *prometheus.Desc, v float64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, key.Namespace, key.Name, o.tier)
		}
		gauge(m.ready, flag(o.ready))
		gauge(m.degraded, flag(o.degraded))
		gauge(m.credentials, flag(o.credentials))
		gauge(m.slots, float64(o.slots))
		gauge(m.inUse, float64(o.inUse))
		gauge(m.heldByNobody, float64(o.heldByNobody))
		gauge(m.length, float64(o.length))
		if !o.oldest.IsZero() {
			gauge(m.oldest, float64(o.oldest.Unix()))
		}
		for _, b := range o.budget {
			at := []string{key.Namespace, key.Name, o.tier, b.period, b.unit}
			ch <- prometheus.MustNewConstMetric(m.budgetUsed, prometheus.GaugeValue, b.used, at...)
			ch <- prometheus.MustNewConstMetric(m.budgetLimit, prometheus.GaugeValue, b.limit, at...)
		}
	}
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// checked counts a check.
func (m *Metrics) checked(environment *v1alpha1.WorkEnvironment, check string, err error) {
	result := resultPassed
	if _, ok := fault.AsWait(err); ok {
		result = resultWaited
	} else if err != nil {
		result = resultFailed
	}
	m.checks.WithLabelValues(environment.Namespace, environment.Name, check, result).Inc()
}

// observe remembers what the gauges need of an environment.
func (m *Metrics) observe(environment *v1alpha1.WorkEnvironment, now time.Time) {
	status := environment.Status
	o := observation{
		tier:        string(environment.Spec.Tier),
		ready:       meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReady),
		degraded:    meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionDegraded),
		credentials: !credentialsRefused(environment),
		slots:       int32(environment.Spec.MaxConcurrency()), //nolint:gosec // at most contract.MaxSlots
		inUse:       status.SlotsInUse, length: status.Queue.Length, budget: budgetGauges(environment),
	}
	if status.Queue.OldestSince != nil {
		o.oldest = status.Queue.OldestSince.Time
	}
	for _, slot := range status.Slots {
		if slot.ExpiresAt != nil && slot.ExpiresAt.Time.Before(now) {
			o.heldByNobody++
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.by[client.ObjectKeyFromObject(environment)] = o
}

// credentialsRefused reports whether a condition says that credentials are missing, were refused, or lack a permission.
func credentialsRefused(environment *v1alpha1.WorkEnvironment) bool {
	for _, c := range environment.Status.Conditions {
		switch c.Reason {
		case v1alpha1.ReasonUnauthorized, v1alpha1.ReasonCredentialsInvalid, v1alpha1.ReasonAccessDenied:
			return true
		}
	}
	return false
}

// forget drops the series of an environment that is gone.
func (m *Metrics) forget(key types.NamespacedName) {
	m.series.Forget(prometheus.Labels{metrics.LabelNamespace: key.Namespace, metrics.LabelEnvironment: key.Name})
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.by, key)
}
