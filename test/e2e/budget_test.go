// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// overBudget is an item made by hand, on a branch whose work is done.
const overBudget = `{"apiVersion":"kiro-worker.io/v1alpha1","kind":"WorkItem","metadata":{"name":"over-budget"},
"spec":{"environmentRef":{"name":"local"},"repository":"acme/shop","branch":"feature/discount"}}`

// checkBudget: an environment says what is used of its budget, and an item over one waits and says why.
func checkBudget(t *testing.T, system *demo.System) {
	used := kubectl(t, system, "get", "workenvironment", "local", "-o", "jsonpath={.status.budget.month.builds}")
	if used == "" || used == "0" {
		t.Errorf("the environment says that %q builds were started this month", used)
	}
	kubectl(t, system, "patch", "workenvironment", "local", "--type=merge", "-p", `{"spec":{"budget":{"perDay":{"minutes":6}}}}`)
	defer kubectl(t, system, "patch", "workenvironment", "local", "--type=merge", "-p", `{"spec":{"budget":{"perDay":null}}}`)
	file := filepath.Join(t.TempDir(), "item.json")
	if err := os.WriteFile(file, []byte(overBudget), 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl(t, system, "create", "-f", file)
	defer kubectl(t, system, "delete", "workitem", "over-budget", "--timeout=60s")
	ready := ""
	for range 120 {
		ready = kubectl(t, system, "get", "workitem", "over-budget", "-o", `jsonpath={.status.conditions[?(@.type=="Ready")]}`)
		if strings.Contains(ready, "BudgetExhausted") {
			break
		}
		time.Sleep(time.Second)
	}
	for _, want := range []string{"BudgetExhausted", `"status":"Unknown"`, "budget.perDay", "of 6 minutes", "shorten spec.timeout"} {
		if !strings.Contains(ready, want) {
			t.Errorf("the item does not say %q: %s", want, ready)
		}
	}
}
