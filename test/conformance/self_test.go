// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/outside"
)

func asNotFound(err error, absent **board.NotFoundError) bool { return errors.As(err, absent) }

// TestOnEmulators has `make conformance` itself run, on emulators in a process of their own: what it makes, tries, leaves out and removes.
func TestOnEmulators(t *testing.T) {
	if outside.Given() {
		t.Skip("left out: this is the run that it starts")
	}
	bin := t.TempDir()
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", bin+string(filepath.Separator), "./cmd/kiro-local", "./test/conformance/cmd")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	env := startEmulators(t, filepath.Join(bin, "kiro-local"))
	run := exec.Command(filepath.Join(bin, "cmd"), "-yes")
	run.Dir = filepath.Join("..", "..")
	run.Env = append(os.Environ(), env...)
	out, err := run.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"about $", "made the table", "made the bucket", "made the secret", "internal/lock/dynamodb", "left out TestLostAnswersOfAHolder: it needs an injected fault",
		"removed the table", "removed the bucket", "removed the secret", "0 failed",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, test := range []string{"TestArtifacts", "TestSecrets", "TestBuilds", "TestBoard", "TestQueue", "TestTopic", "TestMetrics"} {
		if strings.Contains(string(out), "left out "+test) {
			t.Errorf("%s was left out", test)
		}
	}
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
