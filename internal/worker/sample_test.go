// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// sampleFiles are a repository with a spec of two open tasks.
func sampleFiles() map[string]string {
	return map[string]string{
		"README.md":                   "# shop\n",
		".gitignore":                  "coverage/\nresults.json\n",
		testSpec + "/requirements.md": "# Requirements\n",
		testSpec + "/design.md":       "# Design\n",
		testSpec + "/tasks.md":        "# Tasks\n\n- [x] 1. Done before\n- [ ] 2. Add the cart\n- [ ] 3. Empty the cart\n",
		"test.sh":                     testScript(4, 0, 91.5),
	}
}

// goodTests is a test command that leaves Jest's JSON and Istanbul's summary, as npm test would.
const goodTests = `sh test.sh`

// testScript writes what real tools write, for so many passed and failed tests and so much coverage.
func testScript(passed, failed int, lines float64) string {
	var results []string
	for n := range passed + failed {
		status := "passed"
		if n >= passed {
			status = "failed"
		}
		results = append(results, fmt.Sprintf(`{"fullName":"cart adds %d","status":%q,"title":"adds %d","ancestorTitles":["cart"],"failureMessages":[]}`, n, status, n))
	}
	jest := fmt.Sprintf(`{"numTotalTestSuites":1,"numTotalTests":%d,"numPassedTests":%d,"numFailedTests":%d,"numPendingTests":0,"numRuntimeErrorTestSuites":0,"success":%t,"startTime":1,"testResults":[{"name":"/cart.test.js","status":"passed","message":"","assertionResults":[%s]}]}`,
		passed+failed, passed, failed, failed == 0, strings.Join(results, ","))
	part := fmt.Sprintf(`{"total":10000,"covered":%d,"skipped":0,"pct":%.2f}`, int(lines*100+0.5), lines)
	summary := fmt.Sprintf(`{"total":{"lines":%s,"statements":%s,"functions":%s,"branches":%s}}`, part, part, part, part)
	exit := "0"
	if failed > 0 {
		exit = "1"
	}
	return "mkdir -p coverage\ncat > results.json <<'EOF'\n" + jest + "\nEOF\ncat > coverage/coverage-summary.json <<'EOF'\n" + summary + "\nEOF\nexit " + exit + "\n"
}

// goodAgent makes a file for each task. The worker ticks the boxes.
func goodAgent() []string {
	return []string{"sh", "-c", `echo working on "$1"; echo "task $1" > "work-$1.txt"`, "agent", "{{.TaskID}}"}
}

// shell is an agent that runs a script; $1 is the task's number.
func shell(script string) []string { return []string{"sh", "-c", script, "agent", "{{.TaskID}}"} }

// program makes an executable script in a directory of its own, and returns the directory.
func program(t testing.TB, name, script string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func quick(tries int) contract.Retry {
	return contract.Retry{Tries: tries, Base: contract.Duration(time.Millisecond), Factor: 1, Cap: contract.Duration(time.Millisecond)}
}

func lockOf(p contract.Parameters) lock.Lock {
	return lock.Lock{LockID: p.LockID, Fence: p.Fence, SlotKey: p.SlotKey, BranchKey: p.BranchKey, CardKey: p.CardKey}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
