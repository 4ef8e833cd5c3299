// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Dashboard is one of config's, as far as it is read here.
type Dashboard struct {
	UID, Title string
	Panels     []Panel
}

// Panel is one picture, or the heading of a row.
type Panel struct {
	ID          int
	Type, Title string
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct{ Expr, LegendFormat string }
	FieldConfig struct{ Defaults struct{ Unit string } }
}

// Dashboards reads config's dashboards.
func Dashboards(config string) ([]Dashboard, error) {
	files, err := filepath.Glob(filepath.Join(config, "grafana", "dashboards", "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no dashboards in %s: run this in the repository: %w", config, os.ErrNotExist)
	}
	all := make([]Dashboard, 0, len(files))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a dashboard: %w", err)
		}
		var d Dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		all = append(all, d)
	}
	return all, nil
}

// filled puts what Grafana would put in for a page on which everything is chosen, over the last ten minutes.
var filled = strings.NewReplacer("$namespace", ".*", "$environment", ".*", "$__rate_interval", "30s", "$__range", "10m")

// Expr is a target's query as Grafana would send it.
func Expr(expr string) string { return filled.Replace(expr) }

// Empty names the panels in which a query finds nothing, or nothing but what is no number.
func (p *Prometheus) Empty(ctx context.Context, d Dashboard) ([]string, error) {
	var empty []string
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			series, err := p.Query(ctx, Expr(target.Expr))
			if err != nil {
				return nil, fmt.Errorf("%s / %s: %w", d.Title, panel.Title, err)
			}
			if !anyNumber(series) {
				empty = append(empty, fmt.Sprintf("%s / %s: %s", d.Title, panel.Title, target.Expr))
			}
		}
	}
	return empty, nil
}

func anyNumber(series []Series) bool {
	for _, s := range series {
		for _, p := range s.Points {
			if !math.IsNaN(p.Value) {
				return true
			}
		}
	}
	return false
}
