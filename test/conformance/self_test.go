// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/testenv/outside"
)

// TestOnEmulators has `make conformance` itself run, on emulators in a process of their own: what it makes, tries, leaves out and removes.
func TestOnEmulators(t *testing.T) {
	if outside.Given() || outside.GitHubGiven() {
		t.Skip("left out: this is the run that it starts")
	}
	bin := t.TempDir()
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", bin+string(filepath.Separator), "./cmd/kiro-local", "./test/conformance/cmd")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	env := startEmulators(t, filepath.Join(bin, "kiro-local"))
	out := conform(t, bin, env)
	for _, want := range []string{
		"about $", "made the table", "made the bucket", "made the secret", "internal/lock/dynamodb", "left out TestLostAnswersOfAHolder: it needs an injected fault",
		"removed the table", "removed the bucket", "removed the secret", "0 failed",
		"made the repository acme/", "made the pull request 1", "made the board 1", "removed the board 1", "removed the repository",
		"left out TestOnEmulatorsAlone/internal/forge/github.TestCheckRunWithFaults: it needs an injected fault",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, test := range []string{"TestArtifacts", "TestSecrets", "TestBuilds", "TestBoard", "TestQueue", "TestTopic", "TestMetrics",
		"TestForgeLookUp", "TestForgeRules", "TestForgePullRequest", "TestForgeComments", "TestForgeCommitStatus", "TestForgeCheckRun", "TestForgeWrongToken"} {
		if strings.Contains(out, "left out "+test) {
			t.Errorf("%s was left out", test)
		}
	}
	// Who has a GitHub and no AWS account proves that much.
	alone := conform(t, bin, slices.DeleteFunc(env, func(v string) bool { return !strings.HasPrefix(v, "CONFORMANCE_GITHUB_") }))
	for want, says := range map[string]bool{"made the repository acme/": true, "0 failed": true, "removed the repository": true, "table": false, "TestForgeLookUp": false} {
		if strings.Contains(alone, want) != says {
			t.Errorf("with GitHub alone, it says %q: %t, want %t", want, !says, says)
		}
	}
}

// conform runs `make conformance` and returns what it says.
func conform(t *testing.T, bin string, env []string) string {
	t.Helper()
	run := exec.Command(filepath.Join(bin, "cmd"), "-yes")
	run.Dir = filepath.Join("..", "..")
	run.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") }), env...)
	out, err := run.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// startEmulators starts the emulators and returns the variables that they print.
func startEmulators(t *testing.T, kiroLocal string) []string {
	t.Helper()
	cmd := exec.Command(kiroLocal, "emulators", "--dir="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	var env []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := strings.TrimPrefix(lines.Text(), "export ")
		if line == "" {
			return env
		}
		env = append(env, line)
	}
	t.Fatal("the emulators ended")
	return nil
}

// TestLeftOutOnesExist has those that are said to run on emulators alone be tests that there are.
func TestLeftOutOnesExist(t *testing.T) {
	for pkg, tests := range ofEmulators {
		files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pkg), "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no test files, %v", pkg, err)
		}
		var all strings.Builder
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
		for name := range tests {
			if !strings.Contains(all.String(), "func "+name+"(t *testing.T)") {
				t.Errorf("%s has no %s", pkg, name)
			}
		}
	}
}
