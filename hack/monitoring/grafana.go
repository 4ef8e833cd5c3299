// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

// The model of a dashboard, as far as it is used here, and what Grafana reads.

// dashboard is one page.
type dashboard struct {
	name, title, text string
	variables         []variable
	rows              []row
}

// variable is a choice at the top of the page.
type variable struct{ name, label, query string }

// row is a line of panels under a heading.
type row struct {
	title  string
	panels []panel
}

// panel is one picture.
type panel struct {
	title, text string
	kind        kind
	unit        string
	queries     []query
}

type kind string

const (
	timeseries kind = "timeseries"
	stat       kind = "stat"
	bars       kind = "barchart"
	heatmap    kind = "heatmap"
)

// query is one PromQL expression. $namespace and $environment are the page's variables, $__rate_interval and $__range are
// Grafana's.
type query struct{ expr, legend string }

const (
	columns     = 24 // of Grafana's grid
	panelHeight = 8
	statHeight  = 4
)

var source = map[string]any{"type": "prometheus", "uid": "${datasource}"}

// grafana is the page as Grafana reads it.
func (d dashboard) grafana() map[string]any {
	var panels []map[string]any
	y, id := 0, 1
	for _, r := range d.rows {
		panels = append(panels, map[string]any{
			"id": id, "type": "row", "title": r.title, "collapsed": false, "panels": []any{},
			"gridPos": map[string]int{"h": 1, "w": columns, "x": 0, "y": y},
		})
		id++
		y++
		height := statHeight
		for _, p := range r.panels {
			if p.kind != stat {
				height = panelHeight
			}
		}
		width := columns / len(r.panels)
		for n, p := range r.panels {
			panels = append(panels, p.grafana(id, map[string]int{"h": height, "w": width, "x": n * width, "y": y}))
			id++
		}
		y += height
	}
	return map[string]any{
		"uid": "kiro-worker-" + d.name, "title": "Kiro Worker / " + d.title, "description": d.text, "tags": []string{"kiro-worker"},
		"schemaVersion": 39, "editable": true, "graphTooltip": 1, "refresh": "30s",
		"time":       map[string]string{"from": "now-6h", "to": "now"},
		"templating": map[string]any{"list": d.templating()},
		"panels":     panels,
	}
}

func (d dashboard) templating() []map[string]any {
	list := []map[string]any{{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}}
	for _, v := range d.variables {
		list = append(list, map[string]any{
			"name": v.name, "label": v.label, "type": "query", "datasource": source, "refresh": 2, "sort": 1,
			"query":      map[string]string{"query": v.query, "refId": v.name},
			"includeAll": true, "multi": true, "allValue": ".*", "current": map[string]any{"text": "All", "value": "$__all"},
		})
	}
	return list
}

func (p panel) grafana(id int, at map[string]int) map[string]any {
	var targets []map[string]any
	for n, q := range p.queries {
		target := map[string]any{"refId": string(rune('A' + n)), "datasource": source, "expr": q.expr, "legendFormat": q.legend, "range": true}
		if p.kind == stat || p.kind == bars {
			target["instant"], target["range"] = true, false
		}
		if p.kind == heatmap {
			target["format"] = "heatmap"
		}
		targets = append(targets, target)
	}
	return map[string]any{
		"id": id, "type": string(p.kind), "title": p.title, "description": p.text, "gridPos": at, "datasource": source, "targets": targets,
		"fieldConfig": map[string]any{"defaults": map[string]any{"unit": p.unit, "min": 0}, "overrides": []any{}},
		"options":     map[string]any{"legend": map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": true}},
	}
}
