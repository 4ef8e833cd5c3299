// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// checkLog: every line that the manager writes about an item can be found by the correlation id that its pull request has.
func checkLog(t *testing.T, report *demo.Report) {
	f, err := os.Open(filepath.Join(report.Logs, "manager.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	known := map[string]bool{}
	for _, state := range report.States {
		if state.Item != nil {
			known[state.Item.Status.CorrelationID] = true
		}
	}
	lines, about := bufio.NewScanner(f), 0
	for lines.Scan() {
		var line map[string]any
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("no JSON: %s", lines.Text())
		}
		// An error that a reconcile returns is logged by controller-runtime, which knows nothing of ours.
		if line["controller"] != "workitem" || line["reconcileID"] == nil || line[logging.KeyMessage] == "Reconciler error" || line[logging.KeyLevel] == "debug" {
			continue
		}
		about++
		if id, _ := line[logging.KeyCorrelationID].(string); !known[id] {
			t.Errorf("a line about an item has the correlation id %q: %s", id, lines.Text())
		}
	}
	if about == 0 {
		t.Error("no line is about an item")
	}
}
