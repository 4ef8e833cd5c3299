// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A token that was replaced, or that nobody uses any more, is not reported as about to expire.
func TestSeriesGoWithTheCredentials(t *testing.T) {
	registry := prometheus.NewRegistry()
	m, err := NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	header := http.Header{headerExpiry: {"2026-12-31 10:00:00 UTC"}}
	for _, name := range []string{"replaced", "left", "kept"} {
		m.use(name, now)
		m.expires(name, header)
		m.remaining(name, resourceCore, RateLimit{Known: true, Remaining: 1, ResetAt: now})
	}
	m.replaced("replaced")
	m.use("kept", now.Add(forgetAfter))
	m.use("kept", now.Add(forgetAfter+time.Minute))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := 0
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			if name := metric.GetLabel()[0].GetValue(); name != "kept" {
				t.Errorf("%s still has a series of credentials that were %s", f.GetName(), name)
			}
			series++
		}
	}
	if series != 4 {
		t.Errorf("%d series, want 4 of the credentials in use", series)
	}
}
