// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package monitoring tests the alerts with Prometheus' own promtool. `make test` and `make monitoring-test` build it;
// MONITORING_TOOLS is the directory where it is. Without it nothing can be tested, and the package fails.
package monitoring

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func promtool(t *testing.T, args ...string) {
	t.Helper()
	tools := os.Getenv("MONITORING_TOOLS")
	if tools == "" {
		t.Fatal("MONITORING_TOOLS is not set, so there is no promtool to test the alerts with; run: make monitoring-test")
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(tools, "promtool"), args...)
	cmd.Dir = filepath.Join("..", "..", "config", "prometheus")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %v: %v\n%s", args, err, out)
	}
}

// Prometheus reads the rules, and has no objection.
func TestRulesAreValid(t *testing.T) {
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", "rules/alerts.yaml", "rules/thresholds.yaml")
}

// Each alert fires where it should and is silent where it should be.
func TestAlerts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "config", "prometheus", "tests", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests of rules: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { promtool(t, "test", "rules", filepath.Join("tests", filepath.Base(file))) })
	}
}
