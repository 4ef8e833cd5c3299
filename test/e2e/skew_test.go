// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// TestPreviousWorker plays the cards with today's manager and the worker of the release before, as in the days between the upgrade of
// the chart and that of the builds' image. As long as nothing was released, the first worker that speaks today's contract is the one
// before. In a clone without history there is none: there the recorded contract of internal/contract is all that is tested.
func TestPreviousWorker(t *testing.T) {
	commit := previousWorker(t)
	if commit == "" {
		t.Log("this clone has no earlier commit: internal/contract holds today's contract against the recorded ones")
		return
	}
	bin := t.TempDir()
	programs := buildPrograms(t)
	for _, name := range []string{"manager", "kiro-local"} {
		if err := os.Symlink(filepath.Join(programs, name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	buildWorkerOf(t, commit, filepath.Join(bin, "kiro-worker"))

	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	system, err := demo.Start(ctx, demo.Options{Dir: t.TempDir(), Bin: bin, Launch: true, LogLevel: "debug"})
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
	for _, wrong := range report.Wrong {
		t.Errorf("with the worker of %s: %s", commit, wrong)
	}
	for _, state := range report.States {
		want := int32(1)
		if state.Card.Review.Text != "" {
			want = 2 // once more after its review
		}
		if state.Item != nil && state.Item.Status.Attempt.Number != want {
			t.Errorf("%s took %d attempts", state.Card.Title, state.Item.Status.Attempt.Number)
		}
	}
	if t.Failed() {
		tellLogs(t, report.Logs)
	}
}

// previousWorker is the commit of the last release or, before the first, of the last change of what controller and worker share.
func previousWorker(t *testing.T) string {
	t.Helper()
	if tag, err := git(t, "describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^"); err == nil {
		return tag
	}
	if shallow, err := git(t, "rev-parse", "--is-shallow-repository"); err != nil || shallow != "false" {
		return ""
	}
	commit, err := git(t, "log", "-1", "--format=%H", "--", "internal/contract", ":(exclude)*_test.go", ":(exclude)internal/contract/testdata")
	if err != nil {
		t.Fatalf("looking for the last change of internal/contract: %v", err)
	}
	return commit
}

// buildWorkerOf builds the worker of a commit, in a directory of its own.
func buildWorkerOf(t *testing.T, commit, path string) {
	t.Helper()
	dir := t.TempDir()
	archive := filepath.Join(dir, "sources.tar")
	if _, err := git(t, "archive", "--output", archive, commit, "go.mod", "go.sum", "api", "cmd", "internal"); err != nil {
		t.Fatalf("reading %s: %v", commit, err)
	}
	sources := filepath.Join(dir, "sources")
	if err := os.Mkdir(sources, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "tar", "-xf", archive, "-C", sources).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", path, "./cmd/kiro-worker")
	cmd.Dir = sources
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the worker of %s: %v\n%s", commit, err, out)
	}
}

func git(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", "../.."}, args...)...).Output()
	return strings.TrimSpace(string(out)), err
}
