// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	shared "github.com/kiro-worker/kiro-worker/internal/metrics"
)

// The metrics' label names.
const (
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
	limit    *prometheus.GaugeVec
	reset    *prometheus.GaugeVec
	expiry   *prometheus.GaugeVec
	series   shared.Series // those that name credentials

	mu   sync.Mutex
	used map[string]time.Time // credentials, and when they were last used
}

// NewMetrics makes the metrics and registers them. All clients of a process share one.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		used: map[string]time.Time{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kiro_worker_github_requests_total",
			Help: "Calls to GitHub by operation, and HTTP status, fault code, or \"held\" if a rate limit kept them back.",
		}, []string{shared.LabelOperation, shared.LabelCode}),
		seconds: shared.Durations("kiro_worker_github_request_seconds",
			"Time from sending a call to GitHub to the end of its answer, by operation.", shared.Calls, shared.LabelOperation),
		left: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kiro_worker_github_rate_limit_remaining",
			Help: "What GitHub last said is left of a budget, by the App's installation or a hash of the token, and GitHub's name of the budget.",
		}, []string{labelCredentials, labelResource}),
		limit: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kiro_worker_github_rate_limit",
			Help: "The size of that budget.",
		}, []string{labelCredentials, labelResource}),
		reset: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kiro_worker_github_rate_limit_reset_timestamp_seconds",
			Help: "When that budget is full again.",
		}, []string{labelCredentials, labelResource}),
		expiry: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kiro_worker_github_credentials_expiry_timestamp_seconds",
			Help: "When the token expires, as GitHub says. Absent for Apps and for tokens that do not expire.",
		}, []string{labelCredentials}),
	}
	m.series = shared.Series{m.left, m.limit, m.reset, m.expiry}
	for _, collector := range []prometheus.Collector{m.requests, m.seconds, m.left, m.limit, m.reset, m.expiry} {
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

// use says that credentials are in use. Those that were not for long are forgotten: a token that was replaced must not be
// reported as about to expire.
func (m *Metrics) use(credentials string, now time.Time) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used[credentials] = now
	for other, last := range m.used {
		if now.Sub(last) > forgetAfter {
			delete(m.used, other)
			m.series.Forget(prometheus.Labels{labelCredentials: other})
		}
	}
}

// replaced forgets credentials that others have taken the place of.
func (m *Metrics) replaced(credentials string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.used, credentials)
	m.series.Forget(prometheus.Labels{labelCredentials: credentials})
}

func (m *Metrics) remaining(credentials, resource string, rate RateLimit) {
	if m != nil && rate.Known {
		m.left.WithLabelValues(credentials, resource).Set(float64(rate.Remaining))
		m.limit.WithLabelValues(credentials, resource).Set(float64(rate.Limit))
		m.reset.WithLabelValues(credentials, resource).Set(float64(rate.ResetAt.Unix()))
	}
}

// headerExpiry is where GitHub says until when a token is valid, as "2026-12-31 10:00:00 UTC" or with an offset.
const headerExpiry = "Github-Authentication-Token-Expiration"

func (m *Metrics) expires(credentials string, header http.Header) {
	if m == nil {
		return
	}
	for _, layout := range []string{"2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"} {
		if at, err := time.Parse(layout, header.Get(headerExpiry)); err == nil {
			m.expiry.WithLabelValues(credentials).Set(float64(at.Unix()))
			return
		}
	}
}
