// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"
)

// version is set by the linker.
var version = "dev"

// userAgent names this program to the API server, AWS and GitHub, so that their logs say who called.
func userAgent() string { return "kiro-worker-manager/" + version }

// nameTo has every request to the API server name this program. The configuration's own UserAgent is not enough: the leader election
// replaces it by one of client-go's.
func nameTo(config *rest.Config) {
	config.UserAgent = userAgent()
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return named{next} })
}

type named struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (n named) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", userAgent())
	return n.next.RoundTrip(req)
}

// WrappedRoundTripper lets client-go close the connections beneath.
func (n named) WrappedRoundTripper() http.RoundTripper { return n.next }

// buildInfo is the metric kiro_worker_build_info: always 1, its labels say what runs.
func buildInfo() prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "kiro_worker_build_info",
		Help:        "Always 1; the labels say which manager runs.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH},
	})
	info.Set(1)
	return info
}
