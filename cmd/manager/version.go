// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
)

// version is set by the linker.
var version = "dev"

// userAgent names this program to the API server, AWS and GitHub, so that their logs say who called.
func userAgent() string { return "kiro-worker-manager/" + version }

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
