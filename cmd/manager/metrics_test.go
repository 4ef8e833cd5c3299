// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	"github.com/kiro-worker/kiro-worker/controllers/workenvironment"
	"github.com/kiro-worker/kiro-worker/controllers/workitem"
	"github.com/kiro-worker/kiro-worker/controllers/worksource"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/lock/measured"
	"github.com/kiro-worker/kiro-worker/internal/metricsink/counts"
)

// metric is one that the manager declares.
type metric struct {
	name, kind, help string
	labels           []string
}

// collected is a registry that only takes down what is registered.
type collected []prometheus.Collector

func (c *collected) Register(one prometheus.Collector) error { *c = append(*c, one); return nil }

func (c *collected) MustRegister(all ...prometheus.Collector) { *c = append(*c, all...) }

func (c *collected) Unregister(prometheus.Collector) bool { return false }

// declared are all metrics of the manager, by name. That none is left out here is seen where a real manager is asked, in
// test/e2e.
func declared(t *testing.T) []metric {
	t.Helper()
	var all collected
	workitem.NewMetrics(&all)
	all.MustRegister(workitem.NewInventory(&all, nil))
	workenvironment.NewMetrics(&all)
	worksource.NewMetrics(&all)
	measured.NewMetrics(&all)
	awsapi.New(awsapi.Options{Registerer: &all})
	if _, err := githubapi.NewMetrics(&all); err != nil {
		t.Fatal(err)
	}
	newLeadership(&all)
	counts.New(counts.Options{Registerer: &all})
	all.MustRegister(buildInfo())

	var found []metric
	for _, collector := range all {
		descs := make(chan *prometheus.Desc, 100)
		collector.Describe(descs)
		close(descs)
		for desc := range descs {
			m := parseDesc(t, desc)
			m.kind = kindOf(collector)
			found = append(found, m)
		}
	}
	slices.SortFunc(found, func(a, b metric) int { return strings.Compare(a.name, b.name) })
	return found
}

func kindOf(collector prometheus.Collector) string {
	switch collector.(type) {
	case *prometheus.CounterVec:
		return "counter"
	case *prometheus.HistogramVec, prometheus.Histogram:
		return "histogram"
	case *prometheus.GaugeVec, prometheus.Gauge:
		return "gauge"
	case prometheus.Counter:
		return "counter"
	}
	return "gauge" // those that are computed when somebody asks
}

var descForm = regexp.MustCompile(`^Desc\{fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"), (?:unit: "[^"]*", )?constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)

func parseDesc(t *testing.T, desc *prometheus.Desc) metric {
	t.Helper()
	parts := descForm.FindStringSubmatch(desc.String())
	if parts == nil {
		t.Fatalf("the client library describes a metric in another way: %s", desc)
	}
	unquote := func(text string) string {
		var s string
		if _, err := fmt.Sscanf(text, "%q", &s); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return s
	}
	m := metric{name: unquote(parts[1]), help: unquote(parts[2])}
	for _, constant := range strings.Split(parts[3], ",") {
		if name, _, ok := strings.Cut(constant, "="); ok {
			m.labels = append(m.labels, name)
		}
	}
	if parts[4] != "" {
		m.labels = append(m.labels, strings.Split(parts[4], ",")...)
	}
	return m
}

// subsystems are the sections of the page, in their order.
var subsystems = []struct{ prefix, title, text string }{
	{"kiro_worker_workitem_", "Work items", "From the trigger to the end. Those of attempts are counted when the attempt has ended, from what its build reported."},
	{"kiro_worker_workenvironment_", "Environments", "What can run, what runs, and what waits."},
	{"kiro_worker_worksource_", "Sources", "Polls of boards."},
	{"kiro_worker_lock_", "Locks", "Operations on the lock table's rows."},
	{"kiro_worker_aws_", "AWS", "Calls of all AWS services."},
	{"kiro_worker_github_", "GitHub", "Calls of GitHub, and what it says of credentials and limits. `credentials` is an App's installation or a hash of the token, never the token."},
	{"kiro_worker_cloudwatch_", "CloudWatch", "What is sent there, if `--cloudwatch-metrics` is set: [monitoring](monitoring.md#cloudwatch)."},
	{"kiro_worker_", "The manager", "The process itself. Go's and controller-runtime's own metrics are served too, under their own names."},
}

func page(all []metric) string {
	var b strings.Builder
	b.WriteString(`# Metrics

What the manager serves at ` + "`/metrics`" + `. This page is generated from the code, by ` + "`make metrics-docs`" + `; a test compares it with what a manager serves after a real run.
[Alerts and dashboards](monitoring.md) are made of these. What builds send to CloudWatch is in [the worker's page](worker.md).

- Names are ` + "`kiro_worker_<subsystem>_<what>_total` or `_seconds`" + `; gauges end in their unit, if they have one.
- ` + "`namespace`, `environment` and `source`" + ` name objects, and their series go when the object goes. An item, a card or a branch is never a label: however many there are, the number of
  series stays the same.
- What is of an environment that does not exist any more is counted with empty ` + "`namespace`, `environment` and `tier`" + `.
- Histograms have classic and native buckets. To have Prometheus read the native ones, set ` + "`scrapeNativeHistograms`" + ` (operator) or ` + "`scrape_native_histograms`" + `.
- Only the leader counts. A replica that stands by serves its own process's metrics and ` + "`kiro_worker_manager_leader`" + ` 0.
`)
	seen := map[string]bool{}
	for _, s := range subsystems {
		var rows []metric
		for _, m := range all {
			if strings.HasPrefix(m.name, s.prefix) && !seen[m.name] {
				rows, seen[m.name] = append(rows, m), true
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n", s.title, s.text)
		for _, m := range rows {
			labels := ""
			if len(m.labels) > 0 {
				labels = "`" + strings.Join(m.labels, "`, `") + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.name, m.kind, labels, strings.ReplaceAll(m.help, "|", `\|`))
		}
	}
	return b.String()
}

// The page is what the code declares. UPDATE_DOCS=1 writes it.
func TestMetricsPage(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "metrics.md")
	want := page(declared(t))
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/metrics.md is not what the code declares; run make metrics-docs (-code +page):\n%s", diff)
	}
}

// Prometheus' own linter has no objection, and the house's rules hold.
func TestMetricsAreNamedAsTheyShould(t *testing.T) {
	kinds := map[string]dto.MetricType{
		"counter": dto.MetricType_COUNTER, "gauge": dto.MetricType_GAUGE, "histogram": dto.MetricType_HISTOGRAM,
	}
	var families []*dto.MetricFamily
	for _, m := range declared(t) {
		kind := kinds[m.kind]
		families = append(families, &dto.MetricFamily{Name: &m.name, Help: &m.help, Type: &kind})
		for _, label := range m.labels {
			for _, forbidden := range []string{"item", "card", "branch", "repository", "build", "pod"} {
				if strings.Contains(label, forbidden) {
					t.Errorf("%s has the label %s: there is no bound to its values", m.name, label)
				}
			}
		}
		if !strings.HasPrefix(m.name, "kiro_worker_") {
			t.Errorf("%s does not begin with kiro_worker_", m.name)
		}
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
