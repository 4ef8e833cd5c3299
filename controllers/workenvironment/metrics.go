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
)

// Label names, and the values of check and result.
const (
	labelCheck  = "check"
	labelResult = "result"
	labelTier   = "tier"
	labelReady  = "ready"

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

	environments, slots, inUse, length, oldest *prometheus.Desc

	mu sync.Mutex
	by map[types.NamespacedName]observation
}

// observation is what the gauges need of an environment. They are computed over all environments of a tier, because
// no object's name is a label.
type observation struct {
	tier                 string
	ready                bool
	slots, inUse, length int32
	oldest               time.Time
}

// NewMetrics registers the metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("kiro_worker_workenvironment_"+name, help, labels, nil)
	}
	m := &Metrics{
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_workenvironment_checks_total", Help: "Checks of lock tables, projects, buckets, secrets, topics and queues, by result.",
		}, []string{labelCheck, labelResult}),
		environments: desc("environments", "Environments, by tier and by whether they are usable.", labelTier, labelReady),
		slots:        desc("slots", "Builds that may run at once, by tier.", labelTier),
		inUse:        desc("slots_in_use", "Slots in use, over every cluster, by tier.", labelTier),
		length:       desc("queue_length", "Work items that wait for a slot, by tier.", labelTier),
		oldest:       desc("oldest_queued_timestamp_seconds", "Since when the longest waiting work item waits, by tier.", labelTier),
		by:           map[types.NamespacedName]observation{},
	}
	registry.MustRegister(m.checks, m)
	return m
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.environments, m.slots, m.inUse, m.length, m.oldest} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for tier, o := range m.byTier() {
		gauge(m.environments, float64(o.usable), tier, "true")
		gauge(m.environments, float64(o.unusable), tier, "false")
		gauge(m.slots, float64(o.slots), tier)
		gauge(m.inUse, float64(o.inUse), tier)
		gauge(m.length, float64(o.length), tier)
		if !o.oldest.IsZero() {
			gauge(m.oldest, float64(o.oldest.Unix()), tier)
		}
	}
}

type sum struct {
	observation

	usable, unusable int
}

func (m *Metrics) byTier() map[string]sum {
	m.mu.Lock()
	defer m.mu.Unlock()
	sums := map[string]sum{}
	for _, o := range m.by {
		s := sums[o.tier]
		if o.ready {
			s.usable++
		} else {
			s.unusable++
		}
		s.slots += o.slots
		s.inUse += o.inUse
		s.length += o.length
		if !o.oldest.IsZero() && (s.oldest.IsZero() || o.oldest.Before(s.oldest)) {
			s.oldest = o.oldest
		}
		sums[o.tier] = s
	}
	return sums
}

// checked counts a check.
func (m *Metrics) checked(check string, err error) {
	result := resultPassed
	if _, ok := fault.AsWait(err); ok {
		result = resultWaited
	} else if err != nil {
		result = resultFailed
	}
	m.checks.WithLabelValues(check, result).Inc()
}

// observe remembers what the gauges need of an environment.
func (m *Metrics) observe(environment *v1alpha1.WorkEnvironment) {
	status := environment.Status
	o := observation{
		tier:  string(environment.Spec.Tier),
		ready: meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReady),
		slots: int32(environment.Spec.MaxConcurrency()), //nolint:gosec // at most contract.MaxSlots
		inUse: status.SlotsInUse, length: status.Queue.Length,
	}
	if status.Queue.OldestSince != nil {
		o.oldest = status.Queue.OldestSince.Time
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.by[client.ObjectKeyFromObject(environment)] = o
}

// forget drops an environment that is gone.
func (m *Metrics) forget(key types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.by, key)
}
