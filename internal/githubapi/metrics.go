// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// The metrics' label names.
const (
	labelOperation   = "operation"
	labelCode        = "code"
	labelCredentials = "credentials"
	labelResource    = "resource"
)

// codeHeld is the code of a call that was not made, because a rate limit is reached.
const codeHeld = "held"

// Metrics of the calls to GitHub. A nil *Metrics measures nothing.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	left     *prometheus.GaugeVec
}

// NewMetrics makes the metrics and registers them. All clients of a process share one.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_github_requests_total",
			Help: "Calls to GitHub by operation, and HTTP status, fault code, or \"held\" if a rate limit kept them back.",
		}, []string{labelOperation, labelCode}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "kiro_worker_github_request_seconds",
			Help:    "Time from sending a call to GitHub to the end of its answer, by operation.",
			Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
		}, []string{labelOperation}),
		left: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kiro_worker_github_rate_limit_remaining",
			Help: "What GitHub last said is left of a budget, by the App's installation or a hash of the token, and GitHub's name of the budget.",
		}, []string{labelCredentials, labelResource}),
	}
	for _, collector := range []prometheus.Collector{m.requests, m.seconds, m.left} {
		if err := registerer.Register(collector); err != nil {
			return nil, fmt.Errorf("registering the metrics of GitHub: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) observe(operation string, resp *http.Response, err error, took time.Duration) {
	if m == nil {
		return
	}
	code := string(fault.CodeOf(err))
	switch {
	case resp != nil:
		code = strconv.Itoa(resp.StatusCode)
	case code == "":
		code = "canceled"
	}
	m.requests.WithLabelValues(operation, code).Inc()
	m.seconds.WithLabelValues(operation).Observe(took.Seconds())
}

func (m *Metrics) held(operation string) {
	if m != nil {
		m.requests.WithLabelValues(operation, codeHeld).Inc()
	}
}

func (m *Metrics) remaining(credentials, resource string, rate RateLimit) {
	if m != nil && rate.Known {
		m.left.WithLabelValues(credentials, resource).Set(float64(rate.Remaining))
	}
}
