// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRulesAreConfigs: with its defaults the chart has the alerts and thresholds that config has.
func TestRulesAreConfigs(t *testing.T) {
	content, err := os.ReadFile("../../config/prometheus/prometheus_rule.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := objects(t, string(content))[0]
	for _, helm := range helms {
		stdout, stderr, err := templateBy(t, helm, "--set", "clusterName=prod,prometheusRule.enabled=true", "--show-only", "templates/prometheusrule.yaml")
		if err != nil {
			t.Fatalf("%s: %v\n%s", helm, err, stderr)
		}
		got := objects(t, stdout)[0]
		if diff := cmp.Diff(want.Object["spec"], got.Object["spec"]); diff != "" {
			t.Errorf("%s renders other rules (-config +chart):\n%s", helm, diff)
		}
	}
}

// TestThresholdsAreValues: what an operator sets is what the alerts compare with, and the runbooks are where he says.
func TestThresholdsAreValues(t *testing.T) {
	got := render(t, "--set", "clusterName=prod,prometheusRule.enabled=true,prometheusRule.thresholds.test.buildSeconds=600,prometheusRule.labels.release=prometheus",
		"--set", "prometheusRule.runbookURL=https://wiki.example.com/kiro", "--show-only", "templates/prometheusrule.yaml")
	for _, want := range []string{
		"        - record: kiro_worker:threshold:build_seconds\n          expr: vector(600)\n          labels:\n            tier: test\n",
		"        - record: kiro_worker:threshold:build_seconds\n          expr: vector(2700)\n          labels:\n            tier: production\n",
		"runbook_url: https://wiki.example.com/kiro/KiroWorkerPollStale.md", "    release: prometheus\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the rules do not have %q", want)
		}
	}
	for _, refused := range []string{
		"prometheusRule.thresholds.test.failureRatio=50", "prometheusRule.thresholds.test.leastFailures=0", "prometheusRule.thresholds.prod.buildSeconds=600",
	} {
		if _, _, err := templateBy(t, "helm", "--set", "clusterName=prod,prometheusRule.enabled=true", "--set", refused); err == nil {
			t.Errorf("%s is no threshold, and was taken", refused)
		}
	}
}

// TestDashboardsAreConfigs: each dashboard of config is a ConfigMap with the label that Grafana's sidecar looks for.
func TestDashboardsAreConfigs(t *testing.T) {
	all := objects(t, render(t, "--set", "clusterName=prod,dashboards.enabled=true", "--show-only", "templates/dashboards.yaml"))
	files, err := filepath.Glob("../../config/grafana/dashboards/*.json")
	if err != nil || len(files) == 0 || len(files) != len(all) {
		t.Fatalf("%d ConfigMaps of %d dashboards, %v", len(all), len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		object := find(t, all, "ConfigMap", "kiro-worker-dashboard-"+strings.TrimSuffix(name, ".json"))
		data, ok := object.Object["data"].(map[string]any)
		text, _ := data[name].(string)
		if !ok || strings.TrimSpace(text) != strings.TrimSpace(string(want)) {
			t.Errorf("%s differs in the chart", name)
		}
		if object.GetLabels()["grafana_dashboard"] != "1" {
			t.Errorf("%s lacks the sidecar's label: %v", name, object.GetLabels())
		}
	}
}
