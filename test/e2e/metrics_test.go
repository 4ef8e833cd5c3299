// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// still are the metrics that a demo in which nothing goes wrong does not move, and why. Each has a test of its own.
var still = map[string]string{
	"kiro_worker_workitem_overdue_total":                      "the shortest deadline is ten minutes; controllers/workitem/metrics_test.go",
	"kiro_worker_workitem_overdue":                            "the same",
	"kiro_worker_workitem_start_refusals_total":               "no start is refused; controllers/workitem/metrics_test.go",
	"kiro_worker_workitem_agent_seconds_total":                "the stand-in agent does not say what it costs; controllers/workitem/metrics_test.go",
	"kiro_worker_workitem_agent_credits_total":                "the same",
	"kiro_worker_workitem_agent_tokens_total":                 "the same",
	"kiro_worker_workenvironment_degraded":                    "nothing of the infrastructure fails; controllers/workenvironment/metrics_test.go",
	"kiro_worker_workenvironment_slots_held_by_nobody":        "every lock is released in time; controllers/workenvironment/metrics_test.go",
	"kiro_worker_github_credentials_expiry_timestamp_seconds": "the demo's token does not expire; internal/githubapi/metrics_test.go",
}

// momentary are gauges of what is going on just now, which at the end of a demo is nothing, or was something a moment ago.
var momentary = map[string]string{
	"kiro_worker_workitem_oldest_attempt_timestamp_seconds":       "an attempt; controllers/workitem/metrics_test.go",
	"kiro_worker_workenvironment_oldest_queued_timestamp_seconds": "a queue; controllers/workenvironment/metrics_test.go",
	"kiro_worker_worksource_cards":                                "cards in the ready status, which is what a board is asked for; controllers/worksource/metrics_test.go",
	"kiro_worker_worksource_skipped_cards":                        "cards in the ready status that are of the other source's repository; the same",
	"kiro_worker_workenvironment_queue_length":                    "the same",
	"kiro_worker_workenvironment_slots_in_use":                    "a build; the same",
}

// checkMetrics compares what the manager serves after the run with docs/metrics.md, in both directions.
func checkMetrics(t *testing.T, system *demo.System) {
	served := scrape(t, system.MetricsURL)
	page := documented(t)
	for name, family := range served {
		if !strings.HasPrefix(name, "kiro_worker_") {
			continue
		}
		row, ok := page[name]
		if !ok {
			t.Errorf("the manager serves %s, which docs/metrics.md does not have", name)
			continue
		}
		if kind := strings.ToLower(family.GetType().String()); kind != row.kind {
			t.Errorf("%s is a %s, the page says %s", name, kind, row.kind)
		}
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, l := range metric.GetLabel() {
				labels = append(labels, l.GetName())
			}
			slices.Sort(labels)
			if !slices.Equal(labels, row.labels) {
				t.Errorf("%s has the labels %v, the page says %v", name, labels, row.labels)
				break
			}
		}
	}
	for name := range page {
		_, excused := still[name]
		_, passing := momentary[name]
		switch moved := hasMoved(served[name]); {
		case passing:
		case !moved && !excused:
			t.Errorf("%s never moved: it is not served, or nothing counts it", name)
		case moved && excused:
			t.Errorf("%s moves in the demo: take it off the list of those that do not: %v", name, served[name].GetMetric())
		}
	}
	for _, name := range append(slices.Collect(maps.Keys(still)), slices.Collect(maps.Keys(momentary))...) {
		if _, ok := page[name]; !ok {
			t.Errorf("%s is on the list of those that do not move, and does not exist", name)
		}
	}
}

func scrape(t *testing.T, url string) map[string]*dto.MetricFamily {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

func hasMoved(family *dto.MetricFamily) bool {
	return family != nil && slices.ContainsFunc(family.GetMetric(), func(m *dto.Metric) bool {
		return m.GetCounter().GetValue() != 0 || m.GetGauge().GetValue() != 0 || m.GetHistogram().GetSampleCount() != 0
	})
}

type documentedMetric struct {
	kind   string
	labels []string
}

func documented(t *testing.T) map[string]documentedMetric {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]documentedMetric{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if !strings.HasPrefix(line, "| `kiro_worker_") || len(cells) < 5 {
			continue
		}
		row := documentedMetric{kind: strings.TrimSpace(cells[2])}
		for label := range strings.SplitSeq(cells[3], ",") {
			if label = strings.Trim(label, " `"); label != "" {
				row.labels = append(row.labels, label)
			}
		}
		slices.Sort(row.labels)
		found[strings.Trim(cells[1], " `")] = row
	}
	return found
}
