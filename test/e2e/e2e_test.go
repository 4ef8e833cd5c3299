// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package e2e runs the demo as a test: the programs of production, built as they are, on a real API server and on
// servers that speak GitHub's and AWS's protocols.
package e2e

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/demo"
	"github.com/kiro-worker/kiro-worker/internal/local/observe"
)

// TestDemo plays the cards and looks at everything that they leave behind.
func TestDemo(t *testing.T) {
	dir, bin := t.TempDir(), buildPrograms(t)
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	receiver, err := observe.Receive()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = receiver.Close() }()
	system, err := demo.Start(ctx, demo.Options{
		Dir: dir, Bin: bin, Launch: true, LogLevel: "debug", Say: func(line string) { t.Log("starting", line) }, Manager: receiver.Traced, BuildEnv: receiver.Env(),
	})
	t.Cleanup(func() {
		if err := system.Close(); err != nil {
			t.Errorf("ending the system: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	report, err := system.Run(ctx, &demo.Log{Out: testLog{t}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			tellLogs(t, report.Logs)
		}
	})
	for _, wrong := range report.Wrong {
		t.Error(wrong)
	}
	for _, state := range report.States {
		t.Run(state.Card.Slug, func(t *testing.T) { checkCard(t, system, report, state) })
	}
	t.Run("Locks", func(t *testing.T) { checkLocks(t, report) })
	t.Run("Kubectl", func(t *testing.T) { checkKubectl(t, system) })
	t.Run("Secrets", func(t *testing.T) { checkSecrets(t, system, report) })
	t.Run("Doctor", func(t *testing.T) { checkDoctor(t, system) })
	t.Run("Traces", func(t *testing.T) { checkTraces(t, report, receiver) })
	t.Run("Log", func(t *testing.T) { checkLog(t, report) })
	t.Run("Budget", func(t *testing.T) { checkBudget(t, system) })
	t.Run("Metrics", func(t *testing.T) { checkMetrics(t, system) })
	// The last two: it stops the manager.
	t.Run("Unlock", func(t *testing.T) { checkUnlock(t, system) })
	t.Run("Permissions", func(t *testing.T) { checkPermissions(t, system) })
}

// checkCard looks at what a reviewer and an operator look at. That outcome and column are right, the report knows.
func checkCard(t *testing.T, system *demo.System, report *demo.Report, state demo.State) {
	if state.Card.Outcome == "" {
		if state.PullRequest != nil {
			t.Errorf("a card that nobody asked for was worked on")
		}
		return
	}
	if state.Item == nil || state.PullRequest == nil || state.Item.Status.Result == nil {
		t.Fatal("there is no item, pull request or result")
	}
	status := state.Item.Status
	want := map[string][]string{
		"discount":  {"Tasks | 3 of 3 done", "8 of 8 passed", "| lines | 100%", "Review of docs/discount.md, line 3 by rita"},
		"shipping":  {"Tasks | 2 of 2 done", "5 of 6 passed", "shipping is free from 5000 cents on", "the agent changed nothing in repair round 1"},
		"invoice":   {"Tasks | 2 of 2 done", "6 of 6 passed", "threshold 80%", "1 repair round did not help"},
		"returns":   {"Tasks | 2 of 2 done", "6 of 6 passed", "repaired in round 1 of at most 1", "1 of 6 tests failed: a return on the 30th day is still paid back"},
		"gift-wrap": {"Tasks | 2 of 2 done", "6 of 6 passed", "| lines | 100%"},
		"exchange":  {"Tasks | 2 of 2 done", "5 of 5 passed", "| statements | 100%", "lines that the work changed | 100%"},
	}[state.Card.Slug]
	want = append(want, "As described in "+state.Card.SpecPath(), status.CorrelationID, status.Result.ArtifactsURL)
	for _, text := range want {
		if !strings.Contains(state.PullRequest.Body, text) {
			t.Errorf("the pull request does not say %q:\n%s", text, state.PullRequest.Body)
		}
	}
	if state.Card.Review.Text != "" {
		threads, err := system.GitHub.ReviewThreads(state.Card.RepositoryName(), state.PullRequest.Number)
		if err != nil || len(threads) != 1 || len(threads[0].Comments) != 2 || !strings.Contains(threads[0].Comments[1].Body, status.Result.Commit) || threads[0].Resolved {
			t.Errorf("the review is to be answered once, with its commit, and left to the reviewer: %+v, %v", threads, err)
		}
	}
	if head, ok := system.GitHub.BranchHead(state.Card.RepositoryName(), state.Card.Branch()); !ok || head != status.Result.Commit {
		t.Errorf("the branch is at %s, the result says %s", head, status.Result.Commit)
	}
	checkArtifacts(t, report, state)
}

func checkArtifacts(t *testing.T, report *demo.Report, state demo.State) {
	build := state.Item.Status.Attempt.Build
	_, uuid, ok := strings.Cut(build.ID, ":")
	if !ok {
		t.Fatalf("%q is no build's id", build.ID)
	}
	var want []string
	for _, name := range []string{
		"diffs/changes.diff", "logs/build.log", "logs/kiro-cli.log", "metadata.json",
		"reports/coverage-report.json", "reports/test-results.json",
	} {
		want = append(want, "test/"+uuid+"/"+name)
	}
	keys := report.ArtifactsOf(state)
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("artifacts (-want +got):\n%s", diff)
	}
	log, err := os.ReadFile(filepath.Join(report.ArtifactsDir, "test", uuid, "logs", "build.log"))
	if err != nil {
		t.Fatal(err)
	}
	if id := state.Item.Status.CorrelationID; !strings.Contains(string(log), id) {
		t.Errorf("the build's log does not have the correlation id %s, by which it is found", id)
	}
}

func checkLocks(t *testing.T, report *demo.Report) {
	branches := 0
	for key, status := range report.LockRows {
		if status != contract.StatusComplete && status != contract.StatusFailed {
			t.Errorf("%s is %q", key, status)
		}
		if strings.HasPrefix(key, "branch#") {
			branches++
		}
	}
	if branches != 6 {
		t.Errorf("%d branches were locked, want the 6 that were worked on", branches)
	}
}

// checkKubectl asks as a person and as a script would.
func checkKubectl(t *testing.T, system *demo.System) {
	table := kubectl(t, system, "get", "workitems", "-o", "wide")
	for _, want := range []string{"Succeeded", "Failed", "feature/discount", "3/3", "kiro-worker-test-blue:"} {
		if !strings.Contains(table, want) {
			t.Errorf("kubectl get workitems -o wide does not say %q:\n%s", want, table)
		}
	}
	for phase, want := range map[string]int{"Succeeded": 4, "Failed": 2} {
		names := strings.Fields(kubectl(t, system, "get", "workitems", "--field-selector=status.phase="+phase, "-o", "name"))
		if len(names) != want {
			t.Fatalf("%d items are %s, want %d", len(names), phase, want)
		}
		status := map[string]string{"Succeeded": "True", "Failed": "False"}[phase]
		kubectl(t, system, append([]string{"wait", "--timeout=5s", "--for=condition=Succeeded=" + status}, names...)...)
	}
	if events := kubectl(t, system, "get", "events"); !strings.Contains(events, "SpecNotFound") {
		t.Errorf("no event names the spec that was missing:\n%s", events)
	}
}

// checkSecrets: the token is nowhere that a person may look.
func checkSecrets(t *testing.T, system *demo.System, report *demo.Report) {
	token := system.Token()
	if yaml := kubectl(t, system, "get", "workitems,worksources,workenvironments,events", "-o", "yaml"); strings.Contains(yaml, token) {
		t.Error("an object holds the token")
	}
	for _, dir := range []string{report.ArtifactsDir, report.Logs} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			for _, secret := range []string{token, observe.ReceiverToken} {
				if err == nil && strings.Contains(string(text), secret) {
					t.Errorf("%s holds the token %.6s…", path, secret)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func kubectl(t *testing.T, system *demo.System, args ...string) string {
	t.Helper()
	args = append([]string{"--kubeconfig", system.Kubeconfig}, args...)
	out, err := exec.Command(system.Kubectl, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// buildPrograms builds what production runs, as it is built for production: without the race detector.
func buildPrograms(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", bin+string(filepath.Separator),
		"./cmd/manager", "./cmd/kiro-worker", "./cmd/kiro-local", "./cmd/kubectl-workitem")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the programs: %v\n%s", err, out)
	}
	return bin
}

func tellLogs(t *testing.T, dir string) {
	text, err := os.ReadFile(filepath.Join(dir, "manager.log"))
	if err != nil {
		t.Log(err)
	}
	t.Logf("the manager's log:\n%s", text)
}

// testLog writes to the test's log.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSuffix(fmt.Sprint(string(p)), "\n"))
	return len(p), nil
}
