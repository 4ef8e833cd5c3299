// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"sigs.k8s.io/yaml"
)

// quick are thresholds for a demo of half a minute, in place of those for a team's day. The alerts themselves are config's.
var quick = map[string]float64{
	"failure_ratio": 0.3, "least_failures": 1, "test_failure_ratio": 0.01, "build_seconds": 5, "queue_wait_seconds": 5,
	"credentials_days": 7, "rate_limit_ratio": 0.1, "reconcile_error_ratio": 0.1,
}

// QuickRules writes config's alerts, for a demo, into a directory: with the thresholds of a demo, and firing at once, without
// the time for which their condition has to hold. It returns the files.
func QuickRules(config, dir string) ([]string, error) {
	thresholds := map[string]any{"name": "kiro-worker.thresholds"}
	var records []any
	for _, name := range slices.Sorted(maps.Keys(quick)) {
		record := map[string]any{"record": "kiro_worker:threshold:" + name, "expr": fmt.Sprintf("vector(%v)", quick[name])}
		switch name {
		case "credentials_days", "rate_limit_ratio", "reconcile_error_ratio":
		default:
			record["labels"] = map[string]string{"tier": "test"}
		}
		records = append(records, record)
	}
	thresholds["rules"] = records

	text, err := os.ReadFile(filepath.Join(config, "prometheus", "rules", "alerts.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the alerts: %w", err)
	}
	var alerts struct {
		Groups []struct {
			Name  string           `json:"name"`
			Rules []map[string]any `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.Unmarshal(text, &alerts); err != nil {
		return nil, fmt.Errorf("reading the alerts: %w", err)
	}
	for _, g := range alerts.Groups {
		for _, r := range g.Rules {
			delete(r, "for")
		}
	}
	var files []string
	for name, content := range map[string]any{"thresholds.yaml": map[string]any{"groups": []any{thresholds}}, "alerts.yaml": alerts} {
		text, err := yaml.Marshal(content)
		if err != nil {
			return nil, fmt.Errorf("writing the rules: %w", err)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return nil, fmt.Errorf("writing the rules: %w", err)
		}
		files = append(files, file)
	}
	slices.Sort(files)
	return files, nil
}

// Fired are the alerts that have fired since Prometheus was started.
func (p *Prometheus) Fired(ctx context.Context) ([]string, error) {
	series, err := p.Query(ctx, `max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[1h]))`)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(series))
	for _, s := range series {
		names = append(names, s.Labels["alertname"])
	}
	slices.Sort(names)
	return names, nil
}
