// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

func mustGather(t *testing.T, registry *prometheus.Registry) []*dto.MetricFamily {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// measuredValues are the series of the environment that are not zero, by name and the labels that do not name it; of a
// histogram, the sum.
func measuredValues(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	got := map[string]float64{}
	for _, f := range mustGather(t, registry) {
		for _, metric := range f.GetMetric() {
			key := strings.TrimPrefix(f.GetName(), "kiro_worker_workitem_")
			for _, l := range metric.GetLabel() {
				switch l.GetName() {
				case "namespace", "environment", "tier":
				default:
					key += " " + l.GetValue()
				}
			}
			if v := metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetHistogram().GetSampleSum(); v > 0 {
				got[key] = v
			}
		}
	}
	return got
}

// seriesOf are all series, with their labels.
func seriesOf(t *testing.T, registry *prometheus.Registry) []string {
	t.Helper()
	var all []string
	for _, f := range mustGather(t, registry) {
		for _, metric := range f.GetMetric() {
			text := f.GetName()
			for _, l := range metric.GetLabel() {
				text += " " + l.GetName() + "=" + l.GetValue()
			}
			all = append(all, text)
		}
	}
	return all
}
