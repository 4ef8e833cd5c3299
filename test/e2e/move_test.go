// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// TestMoveToAnotherProject moves the environment to a new compute stack while builds of the old one run: those end where they began,
// later ones begin in the new project, and every card ends as if nothing had happened.
func TestMoveToAnotherProject(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	system, err := demo.Start(ctx, demo.Options{
		Dir: t.TempDir(), Bin: buildPrograms(t), Launch: true, LogLevel: "debug", Say: func(line string) { t.Log("starting", line) },
	})
	t.Cleanup(func() {
		if err := system.Close(); err != nil {
			t.Errorf("ending the system: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	report, err := system.Run(ctx, &mover{t: t, ctx: ctx, system: system})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range report.Wrong {
		t.Error(wrong)
	}
	began := map[string]int{}
	for _, b := range system.Builds() {
		project, _, _ := strings.Cut(b.ID, ":")
		began[project]++
	}
	// Six cards are worked on, each once, and one of them again after its review.
	blue, green := began["kiro-worker-test-blue"], began["kiro-worker-test-green"]
	if blue == 0 || green == 0 || blue+green != 7 {
		t.Errorf("builds began in %v, want seven in all, some in each project", began)
	}
	if t.Failed() {
		tellLogs(t, report.Logs)
	}
}

// mover moves the environment once, as soon as two builds run.
type mover struct {
	t      *testing.T
	ctx    context.Context //nolint:containedctx // View has none
	system *demo.System
	moved  bool
}

// Show implements demo.View.
func (m *mover) Show([]demo.State) {
	if m.moved || len(m.system.Builds()) < 2 {
		return
	}
	m.moved = true
	if err := m.system.Move(m.ctx, "green"); err != nil {
		m.t.Error(err)
	}
}
