// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// tally is what became of the tests.
type tally struct {
	passed, left, failed int
	output               map[string][]string // by test
}

// runTests runs the tests and says of each package what passed, what was left out and why, and what failed.
func runTests(ctx context.Context, packages, environment []string) error {
	args := append([]string{"test", "-count=1", "-p=1", "-parallel=1", "-json"}, packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), environment...), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting go test: %w", err)
	}
	t := &tally{output: map[string][]string{}}
	t.read(out)
	err = cmd.Wait()
	fmt.Printf("%d passed, %d left out, %d failed\n", t.passed, t.left, t.failed)
	if err != nil {
		return fmt.Errorf("the tests: %w", err)
	}
	return nil
}

func (t *tally) read(r io.Reader) {
	type event struct{ Action, Package, Test, Output string }
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		_, name, _ := strings.Cut(e.Package, "/kiro-worker/")
		_, short, ok := strings.Cut(name, "kiro-worker/")
		if ok {
			name = short
		}
		t.note(e.Action, name, e.Test, e.Output)
	}
}

func (t *tally) note(action, pkg, test, output string) {
	key := pkg + " " + test
	switch action {
	case "output":
		t.output[key] = append(t.output[key], output)
		return
	case "pass", "skip", "fail":
	default:
		return
	}
	switch {
	case test == "" && action == "pass":
		fmt.Printf("ok       %s\n", pkg)
	case test == "" && action == "fail":
		fmt.Printf("FAILED   %s\n%s", pkg, strings.Join(t.output[key], ""))
	case test == "":
	case action == "pass":
		t.passed++
	case action == "skip":
		t.left++
		fmt.Printf("left out %s: %s\n", test, reason(t.output[key]))
	default:
		t.failed++
		fmt.Printf("FAILED   %s %s\n%s", pkg, test, strings.Join(t.output[key], ""))
	}
}

// reason is why a test was left out: what Skip was told.
func reason(output []string) string {
	for _, line := range output {
		if _, why, ok := strings.Cut(line, "left out: "); ok {
			return strings.TrimSpace(why)
		}
	}
	return strings.TrimSpace(strings.Join(output, " "))
}
