// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	metrics, err := NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	limit := false
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if limit {
			respond(403, map[string]string{"Retry-After": "60"}, `{}`)(w, r)
			return
		}
		respond(200, map[string]string{
			"X-RateLimit-Remaining": "4321", "X-RateLimit-Limit": "5000", "X-RateLimit-Reset": at(0),
			"GitHub-Authentication-Token-Expiration": "2026-12-31 10:00:00 UTC",
		}, goodGraphQL)(w, r)
	}, func(o *Options) { o.Metrics = metrics })
	_, _ = s.query(t.Context())
	limit = true
	_, _ = s.query(t.Context())
	_, _ = s.query(t.Context())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			for _, label := range metric.GetLabel() {
				name += " " + label.GetValue()
			}
			got[name] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	resetAt, err := strconv.ParseFloat(at(0), 64)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"kiro_worker_github_requests_total 200 viewer":                                                                        1,
		"kiro_worker_github_requests_total 403 viewer":                                                                        1,
		"kiro_worker_github_requests_total held viewer":                                                                       1, // kept back, not sent
		"kiro_worker_github_request_seconds viewer":                                                                           2,
		"kiro_worker_github_rate_limit " + (Credentials{Token: "ghp_secret"}).identity() + " graphql":                         5000,
		"kiro_worker_github_rate_limit_reset_timestamp_seconds " + (Credentials{Token: "ghp_secret"}).identity() + " graphql": resetAt,
		"kiro_worker_github_credentials_expiry_timestamp_seconds " + (Credentials{Token: "ghp_secret"}).identity():            1798711200,
		"kiro_worker_github_rate_limit_remaining " + (Credentials{Token: "ghp_secret"}).identity() + " graphql":               4321,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := NewMetrics(registry); err == nil {
		t.Error("two sets of the same metrics would overwrite each other")
	}
}
