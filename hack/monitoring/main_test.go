// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var root = filepath.Join("..", "..")

// What is committed is what would be generated now.
func TestGeneratedFiles(t *testing.T) {
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs; run make monitoring (-generated +committed):\n%s", name, diff)
		}
	}
	there, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dashboardDir), "*.json"))
	if err != nil || len(there) != len(dashboards()) {
		t.Errorf("%d dashboards are made, and %v are there, %v", len(dashboards()), there, err)
	}
}

// Each alert has a page with the three headings, which the list names, and an address that leads to it; each page has an alert.
func TestEachAlertHasARunbook(t *testing.T) {
	list := read(t, "docs/runbooks/README.md")
	pages, err := filepath.Glob(filepath.Join(root, "docs", "runbooks", "Kiro*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range allAlerts(t) {
		names = append(names, r.Alert)
		page := read(t, "docs/runbooks/"+r.Alert+".md")
		if !regexp.MustCompile(`(?s)^# ` + r.Alert + "\n.*\n## Meaning\n.*\n## Look here\n.*\n## Do this\n").MatchString(page) {
			t.Errorf("the page of %s has not the headings Meaning, Look here and Do this, in that order", r.Alert)
		}
		if !strings.Contains(list, "["+r.Alert+"]("+r.Alert+".md)") {
			t.Errorf("docs/runbooks/README.md does not have %s", r.Alert)
		}
		if url := r.Annotations["runbook_url"]; !strings.HasSuffix(url, "/docs/runbooks/"+r.Alert+".md") {
			t.Errorf("%s leads to %s", r.Alert, url)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.Labels["severity"] == "" {
			t.Errorf("%s has no summary, description or severity", r.Alert)
		}
	}
	for _, page := range pages {
		if name := strings.TrimSuffix(filepath.Base(page), ".md"); !slices.Contains(names, name) {
			t.Errorf("%s is the page of no alert", page)
		}
	}
}

// Each alert is tested by a case in which it fires and by one in which it does not.
func TestEachAlertIsTestedBothWays(t *testing.T) {
	fires, silent := map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob(filepath.Join(root, "config", "prometheus", "tests", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests of rules: %v", err)
	}
	for _, file := range files {
		var cases struct {
			Tests []struct {
				Alerts []struct {
					Alert    string           `json:"alertname"`
					Expected []map[string]any `json:"exp_alerts"`
				} `json:"alert_rule_test"`
			} `json:"tests"`
		}
		text, err := os.ReadFile(file)
		if err == nil {
			err = yaml.Unmarshal(text, &cases)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases.Tests {
			for _, a := range c.Alerts {
				if len(a.Expected) > 0 {
					fires[a.Alert] = true
				} else {
					silent[a.Alert] = true
				}
			}
		}
	}
	for _, r := range allAlerts(t) {
		if !fires[r.Alert] || !silent[r.Alert] {
			t.Errorf("%s: tested where it fires: %v, and where it does not: %v", r.Alert, fires[r.Alert], silent[r.Alert])
		}
	}
}

var (
	metricName = regexp.MustCompile(`\bkiro_worker_[a-z_]+\b`)
	suffix     = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// What alerts and dashboards ask for exists: a metric that was renamed would leave an alert silent for ever.
func TestEveryMetricIsDocumented(t *testing.T) {
	page := read(t, "docs/metrics.md")
	check := func(where, expr string) {
		for _, name := range metricName.FindAllString(expr, -1) {
			plain := suffix.ReplaceAllString(name, "")
			if !strings.Contains(page, "| `"+name+"` |") && !strings.Contains(page, "| `"+plain+"` |") {
				t.Errorf("%s asks for %s, which docs/metrics.md does not have", where, name)
			}
		}
	}
	for _, r := range allAlerts(t) {
		check(r.Alert, strings.ReplaceAll(r.Expr, "kiro_worker:threshold", ""))
	}
	for _, d := range dashboards() {
		for _, r := range d.rows {
			for _, p := range r.panels {
				for _, q := range p.queries {
					check(d.title+" / "+p.title, q.expr)
				}
			}
		}
	}
}

// Each threshold that an alert compares with exists, and each that exists is compared with.
func TestThresholdsAreUsed(t *testing.T) {
	made, err := readThresholds(root)
	if err != nil {
		t.Fatal(err)
	}
	exists, used := map[string]bool{}, map[string]bool{}
	for _, r := range made.Rules {
		exists[r.Record] = true
	}
	for _, r := range allAlerts(t) {
		for _, name := range regexp.MustCompile(`kiro_worker:threshold:[a-z_]+`).FindAllString(r.Expr, -1) {
			used[name] = true
		}
	}
	if diff := cmp.Diff(exists, used); diff != "" {
		t.Errorf("thresholds (-made +used):\n%s", diff)
	}
}

func allAlerts(t *testing.T) []rule {
	t.Helper()
	f, err := readAlerts(root)
	if err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, g := range f.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
