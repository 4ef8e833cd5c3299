// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Label names, and the values of result.
const (
	labelResult = "result"
	labelState  = "state"

	resultComplete = "complete"
	resultFailed   = "failed"
	resultWaited   = "waited"
)

// Metrics are this controller's. The package's documentation lists them.
type Metrics struct {
	polls  *prometheus.CounterVec
	took   prometheus.Histogram
	writes prometheus.Counter

	cards, oldestPoll, remaining *prometheus.Desc

	mu      sync.Mutex
	sources map[types.NamespacedName]observation
}

// observation is what the gauges need of a source. They are computed over all sources, because no object's name
// is a label.
type observation struct {
	cards     v1alpha1.CardCounts
	lastPoll  time.Time
	suspended bool
	remaining *int32
}

// NewMetrics registers the metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_worksource_polls_total", Help: "Polls of boards, by result.",
		}, []string{labelResult}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "kiro_worker_worksource_poll_seconds", Help: "How long a poll of a board took.",
			Buckets: []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900},
		}),
		writes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kiro_worker_worksource_items_written_total", Help: "Work items made or changed for a card.",
		}),
		cards: prometheus.NewDesc("kiro_worker_worksource_cards",
			"Cards that the last complete polls of all sources saw, by state.", []string{labelState}, nil),
		oldestPoll: prometheus.NewDesc("kiro_worker_worksource_oldest_complete_poll_timestamp_seconds",
			"The oldest last complete poll, over all sources that are not suspended.", nil, nil),
		remaining: prometheus.NewDesc("kiro_worker_worksource_rate_limit_remaining",
			"The smallest remaining budget of any source's credentials, in points.", nil, nil),
		sources: map[types.NamespacedName]observation{},
	}
	for _, result := range []string{resultComplete, resultFailed, resultWaited} {
		m.polls.WithLabelValues(result)
	}
	registry.MustRegister(m.polls, m.took, m.writes, m)
	return m
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.cards
	ch <- m.oldestPoll
	ch <- m.remaining
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var cards v1alpha1.CardCounts
	var oldest time.Time
	var remaining *int32
	for _, o := range m.sources {
		cards.Seen += o.cards.Seen
		cards.Eligible += o.cards.Eligible
		cards.Skipped += o.cards.Skipped
		if !o.suspended && !o.lastPoll.IsZero() && (oldest.IsZero() || o.lastPoll.Before(oldest)) {
			oldest = o.lastPoll
		}
		if o.remaining != nil && (remaining == nil || *o.remaining < *remaining) {
			remaining = o.remaining
		}
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(m.cards, float64(cards.Seen), "seen")
	gauge(m.cards, float64(cards.Eligible), "eligible")
	gauge(m.cards, float64(cards.Skipped), "skipped")
	if !oldest.IsZero() {
		gauge(m.oldestPoll, float64(oldest.Unix()))
	}
	if remaining != nil {
		gauge(m.remaining, float64(*remaining))
	}
}

func (m *Metrics) polled(result string, took time.Duration) {
	m.polls.WithLabelValues(result).Inc()
	m.took.Observe(took.Seconds())
}

func (m *Metrics) written() { m.writes.Inc() }

// observe remembers what the gauges need of a source.
func (m *Metrics) observe(source *v1alpha1.WorkSource) {
	o := observation{suspended: source.Spec.Suspend}
	if source.Status.Cards != nil {
		o.cards = *source.Status.Cards
	}
	if source.Status.LastPollTime != nil {
		o.lastPoll = source.Status.LastPollTime.Time
	}
	if source.Status.RateLimit != nil {
		remaining := source.Status.RateLimit.Remaining
		o.remaining = &remaining
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sources[client.ObjectKeyFromObject(source)] = o
}

// forget drops a source that is gone.
func (m *Metrics) forget(source types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sources, source)
}
