// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// row is one card in a view.
type row struct {
	title, phase, stage, tasks, coverage, column, note string
}

var header = row{"CARD", "PHASE", "STAGE", "TASKS", "COVERAGE", "COLUMN", ""}

func rowOf(s State) row {
	r := row{title: s.Card.Title, phase: "-", stage: "-", tasks: "-", coverage: "-", column: s.Column}
	if s.Item == nil {
		return r
	}
	status := s.Item.Status
	r.phase = orDash(string(status.Phase))
	if a := status.Attempt; a != nil {
		r.tasks = orDash(a.Progress.Tasks)
	}
	r.stage, r.coverage = orDash(status.Summary.Stage), orDash(status.Summary.Coverage)
	r.note = note(s.Item)
	return r
}

// note says why an item waits, or how it ended.
func note(item *v1alpha1.WorkItem) string {
	end := meta.FindStatusCondition(item.Status.Conditions, v1alpha1.ConditionSucceeded)
	if end != nil && end.Status != metav1.ConditionUnknown {
		return v1alpha1.ConditionSucceeded + "=" + string(end.Status) + " " + end.Reason
	}
	if c := meta.FindStatusCondition(item.Status.Conditions, v1alpha1.ConditionAccepted); c != nil && c.Status != metav1.ConditionTrue {
		return v1alpha1.ConditionAccepted + "=" + string(c.Status) + " " + c.Reason
	}
	if q := item.Status.Queue; q != nil && q.Reason != "" {
		return "waits: " + q.Reason
	}
	return ""
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Table redraws a table in place, for a terminal.
type Table struct {
	Out io.Writer
	// Width is the terminal's, in characters; a longer line would wrap and the redrawing come out wrong.
	Width int

	lines   int
	last    string
	started time.Time
}

// Show implements View.
func (t *Table) Show(states []State) {
	if t.started.IsZero() {
		t.started = time.Now()
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range append([]row{header}, rows(states)...) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.title, r.phase, r.stage, r.tasks, r.coverage, r.column, r.note)
	}
	_ = w.Flush()
	text := fmt.Sprintf("\n%s\n%s\n", b.String(), time.Since(t.started).Round(time.Second))
	if text == t.last {
		return
	}
	t.last = text
	if t.lines > 0 {
		fmt.Fprintf(t.Out, "\x1b[%dA", t.lines)
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for _, line := range lines {
		fmt.Fprintf(t.Out, "%s\x1b[K\n", cut(line, t.Width))
	}
	t.lines = len(lines)
}

// Log writes one line a change, where there is no terminal.
type Log struct {
	Out io.Writer

	last    map[string]row
	started time.Time
}

// Show implements View.
func (l *Log) Show(states []State) {
	if l.last == nil {
		l.last, l.started = map[string]row{}, time.Now()
	}
	for i, r := range rows(states) {
		slug := states[i].Card.Slug
		if l.last[slug] == r {
			continue
		}
		l.last[slug] = r
		line := fmt.Sprintf("%5.1fs  %-15s %-10s %-13s tasks %-4s coverage %-7s column %-20q %s", time.Since(l.started).Seconds(),
			r.title, r.phase, r.stage, r.tasks, r.coverage, r.column, r.note)
		fmt.Fprintln(l.Out, strings.TrimRight(line, " "))
	}
}

func rows(states []State) []row {
	out := make([]row, 0, len(states))
	for _, s := range states {
		out = append(out, rowOf(s))
	}
	return out
}

func cut(line string, width int) string {
	if runes := []rune(line); width > 0 && len(runes) > width {
		return string(runes[:width])
	}
	return line
}
