// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The pictures are drawn here, from the same queries, titles and places as Grafana's: no Grafana is needed for them.

const (
	column, line = 52, 30 // of the grid, in pixels
	heading      = 22
	shown        = 8 // series that a legend has room for
	drawn        = 3 * time.Minute
	drawnStep    = 2 * time.Second
)

var colours = []string{"#1f77b4", "#2ca02c", "#d62728", "#ff7f0e", "#9467bd", "#8c564b", "#17becf", "#7f7f7f"}

// Draw draws each dashboard as it is now, as DIR/dashboard-NAME.svg.
func (p *Prometheus) Draw(ctx context.Context, pages []Dashboard, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the directory of pictures: %w", err)
	}
	for _, page := range pages {
		text, err := p.draw(ctx, page)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, "dashboard-"+strings.TrimPrefix(page.UID, "kiro-worker-")+".svg")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return fmt.Errorf("writing a picture: %w", err)
		}
	}
	return nil
}

func (p *Prometheus) draw(ctx context.Context, page Dashboard) (string, error) {
	rows := 0
	for _, panel := range page.Panels {
		rows = max(rows, panel.GridPos.Y+panel.GridPos.H)
	}
	width, height := 24*column, rows*line+44
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#f4f5f5"/><text x="8" y="26" font-size="18">%s</text>`+"\n", width, height, html.EscapeString(page.Title))
	now := time.Now()
	for _, panel := range page.Panels {
		x, y, w, h := panel.GridPos.X*column, panel.GridPos.Y*line+40, panel.GridPos.W*column-6, panel.GridPos.H*line-6
		if panel.Type == "row" {
			fmt.Fprintf(&b, `<text x="%d" y="%d" font-weight="bold">%s</text>`+"\n", x+8, y+18, html.EscapeString(panel.Title))
			continue
		}
		series, err := p.ask(ctx, panel, now)
		if err != nil {
			return "", fmt.Errorf("%s / %s: %w", page.Title, panel.Title, err)
		}
		fmt.Fprintf(&b, `<g transform="translate(%d,%d)"><rect width="%d" height="%d" rx="2" fill="white" stroke="#d8d9da"/><text x="8" y="16" font-weight="bold">%s</text>`,
			x+3, y, w, h, html.EscapeString(panel.Title))
		paint(&b, panel, series, w, h, now)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String(), nil
}

// named is a series with the name that the legend gives it.
type named struct {
	name string
	Series
}

// ask asks for what a panel shows: the values of this moment, or of the last minutes.
func (p *Prometheus) ask(ctx context.Context, panel Panel, now time.Time) ([]named, error) {
	var all []named
	for _, target := range panel.Targets {
		var series []Series
		var err error
		if overTime(panel) {
			series, err = p.Range(ctx, Expr(target.Expr), now.Add(-drawn), now, drawnStep)
		} else {
			series, err = p.Query(ctx, Expr(target.Expr))
		}
		if err != nil {
			return nil, err
		}
		for _, s := range series {
			name := target.LegendFormat
			for label, value := range s.Labels {
				name = strings.ReplaceAll(name, "{{"+label+"}}", value)
			}
			if strings.Contains(name, "{{") {
				name = "all"
			}
			all = append(all, named{name, s})
		}
	}
	slices.SortStableFunc(all, func(a, b named) int {
		if overTime(panel) || panel.Type == "stat" {
			return 0
		}
		return strings.Compare(a.name, b.name)
	})
	return all, nil
}

func overTime(panel Panel) bool { return panel.Type == "timeseries" || panel.Type == "heatmap" }

func paint(b *strings.Builder, panel Panel, series []named, w, h int, now time.Time) {
	switch {
	case panel.Type == "stat":
		for n, s := range series {
			fmt.Fprintf(b, `<text x="10" y="%d" font-size="%d">%s <tspan font-size="12" fill="#666">%s</tspan></text>`,
				heading+26+n*28, 22, amount(last(s.Series), panel.FieldConfig.Defaults.Unit), html.EscapeString(s.name))
		}
	case overTime(panel):
		paintLines(b, panel, series, w, h, now)
	default:
		paintBars(b, panel, series, w, h)
	}
}

func last(s Series) float64 {
	if len(s.Points) == 0 {
		return math.NaN()
	}
	return s.Points[len(s.Points)-1].Value
}

func paintLines(b *strings.Builder, panel Panel, series []named, w, h int, now time.Time) {
	highest := 0.0
	for _, s := range series {
		for _, p := range s.Points {
			if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
				highest = max(highest, p.Value)
			}
		}
	}
	if highest == 0 {
		highest = 1
	}
	left, top, right, bottom := 58.0, float64(heading+8), float64(w-10), float64(h-26)
	for _, part := range []float64{0, 0.5, 1} {
		y := bottom - part*(bottom-top)
		fmt.Fprintf(b, `<line x1="%.0f" y1="%.1f" x2="%.0f" y2="%.1f" stroke="#eee"/><text x="4" y="%.1f" font-size="10" fill="#666">%s</text>`,
			left, y, right, y, y+3, amount(part*highest, panel.FieldConfig.Defaults.Unit))
	}
	for n, s := range series {
		var points []string
		for _, p := range s.Points {
			if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
				continue
			}
			x := left + (1-now.Sub(p.Time).Seconds()/drawn.Seconds())*(right-left)
			points = append(points, fmt.Sprintf("%.1f,%.1f", x, bottom-p.Value/highest*(bottom-top)))
		}
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="%s"/>`, colours[n%len(colours)], strings.Join(points, " "))
	}
	legend(b, series, w, h)
}

// legend names the series as far as the panel is wide, and says how many more there are.
func legend(b *strings.Builder, series []named, w, h int) {
	const more = 60 // what the last words need
	x := 8
	for n, s := range series {
		name := s.name
		if len(name) > 24 {
			name = name[:24]
		}
		if n == shown || x+7*len(name) > w-more {
			fmt.Fprintf(b, `<text x="%d" y="%d" font-size="10" fill="#666">%d more</text>`, x, h-8, len(series)-n)
			break
		}
		fmt.Fprintf(b, `<text x="%d" y="%d" font-size="10" fill="%s">%s</text>`, x, h-8, colours[n%len(colours)], html.EscapeString(name))
		x += 7*len(name) + 10
	}
}

func paintBars(b *strings.Builder, panel Panel, series []named, w, h int) {
	highest := 0.0
	for _, s := range series {
		if v := last(s.Series); !math.IsNaN(v) {
			highest = max(highest, v)
		}
	}
	if highest == 0 {
		highest = 1
	}
	step := min(20, (h-heading-12)/max(len(series), 1))
	for n, s := range series {
		v, y := last(s.Series), heading+10+n*step
		if math.IsNaN(v) {
			v = 0
		}
		fmt.Fprintf(b, `<text x="8" y="%d" font-size="10">%s</text><rect x="130" y="%d" width="%.1f" height="%d" fill="%s"/><text x="%.1f" y="%d" font-size="10" fill="#666">%s</text>`,
			y+step-6, html.EscapeString(s.name), y, v/highest*float64(w-210), max(step-4, 2), colours[n%len(colours)],
			136+v/highest*float64(w-210), y+step-6, amount(v, panel.FieldConfig.Defaults.Unit))
	}
}

// amount writes a value as its unit is read.
func amount(v float64, unit string) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case unit == "s" && v >= 1:
		return time.Duration(v * float64(time.Second)).Round(100 * time.Millisecond).String()
	case unit == "s":
		return fmt.Sprintf("%.0f ms", v*1000)
	case unit == "percentunit":
		return fmt.Sprintf("%.0f%%", v*100)
	case unit == "bytes":
		return fmt.Sprintf("%.0f MiB", v/(1<<20))
	case unit == "h":
		return fmt.Sprintf("%.2f h", v)
	case v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
