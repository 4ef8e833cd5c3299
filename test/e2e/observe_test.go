// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
	"github.com/kiro-worker/kiro-worker/internal/local/observe"
)

// TestObserve plays the cards under a real Prometheus: no panel of the dashboards is empty then, and of each fault that is planted
// afterwards an alert tells.
func TestObserve(t *testing.T) {
	tools := os.Getenv("MONITORING_TOOLS")
	if tools == "" {
		t.Fatal("MONITORING_TOOLS is not set, so there is no prometheus to scrape the demo; run: make test, or make observe")
	}
	dir, bin := t.TempDir(), buildPrograms(t)
	ctx, cancel := context.WithTimeout(context.Background(), 12*time.Minute)
	defer cancel()
	system, err := demo.Start(ctx, demo.Options{Dir: dir, Bin: bin, Launch: true, Say: func(line string) { t.Log("starting", line) }})
	t.Cleanup(func() {
		if err := system.Close(); err != nil {
			t.Errorf("ending the system: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	prometheus := scrapeBy(ctx, t, filepath.Join(tools, "prometheus"), system)
	report, err := system.Run(ctx, &demo.Log{Out: testLog{t}})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range report.Wrong {
		t.Error(wrong)
	}
	pages, err := observe.Dashboards(filepath.Join("..", "..", "config"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		empty, err := prometheus.Empty(ctx, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, panel := range empty {
			t.Errorf("an empty panel: %s", panel)
		}
	}
	if err := prometheus.Draw(ctx, pages, filepath.Join(dir, "pictures")); err != nil {
		t.Error(err)
	}
	if _, err := observe.Rehearse(ctx, system, prometheus, func(line string) { t.Log(line) }); err != nil {
		t.Error(err)
	}
}

func scrapeBy(ctx context.Context, t *testing.T, program string, system *demo.System) *observe.Prometheus {
	t.Helper()
	dir := t.TempDir()
	rules, err := observe.QuickRules(filepath.Join("..", "..", "config"), dir)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(system.MetricsURL)
	if err != nil {
		t.Fatal(err)
	}
	p, err := observe.Start(ctx, observe.Options{Program: program, Dir: dir, Target: target.Host, Rules: rules})
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("ending Prometheus: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
