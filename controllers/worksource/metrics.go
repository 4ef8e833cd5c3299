// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/metrics"
)

// A label name of this controller's own, and the values of result.
const (
	labelState = "state"

	resultComplete = "complete"
	resultFailed   = "failed"
	resultWaited   = "waited"
)

// Metrics are this controller's. The package's documentation lists them.
type Metrics struct {
	polls  *prometheus.CounterVec
	took   *prometheus.HistogramVec
	writes *prometheus.CounterVec
	series metrics.Series

	ready, credentials, cards, skipped, lastPoll, interval, remaining, reset *prometheus.Desc

	mu      sync.Mutex
	sources map[types.NamespacedName]observation
}

// observation is what the gauges need of a source.
type observation struct {
	status    v1alpha1.WorkSourceStatus
	suspended bool
	interval  time.Duration
}

// NewMetrics registers the metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	desc := func(name, help string, more ...string) *prometheus.Desc {
		return prometheus.NewDesc("kiro_worker_worksource_"+name, help, append([]string{metrics.LabelNamespace, metrics.LabelSource}, more...), nil)
	}
	m := &Metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_worksource_polls_total", Help: "Polls of boards, by result: complete, failed, or waited where the service asked for patience.",
		}, []string{metrics.LabelNamespace, metrics.LabelSource, metrics.LabelResult}),
		took: metrics.Durations("kiro_worker_worksource_poll_seconds", "How long a poll of a board took.",
			[]float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900}, metrics.LabelNamespace, metrics.LabelSource),
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_worksource_items_written_total", Help: "Work items made or changed for a card.",
		}, []string{metrics.LabelNamespace, metrics.LabelSource}),
		ready:       desc("ready", "1 if the source can be polled and its environment be used, else 0. Absent while it is suspended."),
		credentials: desc("credentials_valid", "0 if the source's credentials are missing or were refused, else 1."),
		cards:       desc("cards", "Cards at the last complete poll, by state: seen (those that match the source's query, or its default, the ready status), eligible, skipped.", labelState),
		skipped:     desc("skipped_cards", "Cards in the ready status that the last complete poll skipped, by reason.", metrics.LabelReason),
		lastPoll:    desc("last_complete_poll_timestamp_seconds", "When the last complete poll began. Absent while the source is suspended, and before the first."),
		interval:    desc("poll_interval_seconds", "The time between two polls. Absent while the source is suspended, or has no environment."),
		remaining:   desc("rate_limit_remaining", "What is left of the budget of the source's credentials, in points."),
		reset:       desc("rate_limit_reset_timestamp_seconds", "When that budget is full again."),
		sources:     map[types.NamespacedName]observation{},
	}
	m.series = metrics.Series{m.polls, m.took, m.writes}
	m.series.Register(registry)
	registry.MustRegister(m)
	return m
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.ready, m.credentials, m.cards, m.skipped, m.lastPoll, m.interval, m.remaining, m.reset} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, o := range m.sources {
		m.collect(ch, key, o)
	}
}

func (m *Metrics) collect(ch chan<- prometheus.Metric, key types.NamespacedName, o observation) {
	gauge := func(d *prometheus.Desc, v float64, more ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{key.Namespace, key.Name}, more...)...)
	}
	if !o.suspended {
		gauge(m.ready, flag(meta.IsStatusConditionTrue(o.status.Conditions, v1alpha1.ConditionReady)))
		if o.interval > 0 {
			gauge(m.interval, o.interval.Seconds())
		}
		if o.status.LastPollTime != nil {
			gauge(m.lastPoll, float64(o.status.LastPollTime.Unix()))
		}
	}
	gauge(m.credentials, flag(!credentialsRefused(o.status)))
	if c := o.status.Cards; c != nil {
		gauge(m.cards, float64(c.Seen), "seen")
		gauge(m.cards, float64(c.Eligible), "eligible")
		gauge(m.cards, float64(c.Skipped), "skipped")
	}
	for _, s := range o.status.Skipped {
		gauge(m.skipped, float64(s.Count), s.Reason)
	}
	if limit := o.status.RateLimit; limit != nil {
		gauge(m.remaining, float64(limit.Remaining))
		if limit.ResetAt != nil {
			gauge(m.reset, float64(limit.ResetAt.Unix()))
		}
	}
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// credentialsRefused reports whether a condition says that the credentials are missing, or were refused.
func credentialsRefused(status v1alpha1.WorkSourceStatus) bool {
	for _, c := range status.Conditions {
		if c.Reason == v1alpha1.ReasonUnauthorized || c.Reason == v1alpha1.ReasonCredentialsInvalid {
			return true
		}
	}
	return false
}

func (m *Metrics) polled(source *v1alpha1.WorkSource, result string, took time.Duration) {
	m.polls.WithLabelValues(source.Namespace, source.Name, result).Inc()
	m.took.WithLabelValues(source.Namespace, source.Name).Observe(took.Seconds())
}

func (m *Metrics) written(source *v1alpha1.WorkSource) {
	m.writes.WithLabelValues(source.Namespace, source.Name).Inc()
}

// observe remembers what the gauges need of a source, and has its counters begin at zero: what appears with its first
// count has no increase.
func (m *Metrics) observe(source *v1alpha1.WorkSource) {
	for _, result := range []string{resultComplete, resultFailed, resultWaited} {
		m.polls.WithLabelValues(source.Namespace, source.Name, result)
	}
	m.writes.WithLabelValues(source.Namespace, source.Name)
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.sources[client.ObjectKeyFromObject(source)]
	o.status, o.suspended = *source.Status.DeepCopy(), source.Spec.Suspend
	m.sources[client.ObjectKeyFromObject(source)] = o
}

// paced remembers the time between two polls of a source.
func (m *Metrics) paced(source *v1alpha1.WorkSource, interval time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.sources[client.ObjectKeyFromObject(source)]
	o.interval = interval
	m.sources[client.ObjectKeyFromObject(source)] = o
}

// forget drops the series of a source that is gone.
func (m *Metrics) forget(source types.NamespacedName) {
	m.series.Forget(prometheus.Labels{metrics.LabelNamespace: source.Namespace, metrics.LabelSource: source.Name})
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sources, source)
}
