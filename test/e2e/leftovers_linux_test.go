// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNothingStaysBehind ends a demo, in the middle of its builds, in the ways in which people and machines do, and
// looks for every process that it had started.
func TestNothingStaysBehind(t *testing.T) {
	bin := buildPrograms(t)
	cases := map[string]struct {
		why string
		end func(t *testing.T, supervisor int)
	}{
		"Interrupt":      {why: "Ctrl-C is how a person ends it", end: func(t *testing.T, pid int) { send(t, pid, syscall.SIGINT) }},
		"Terminate":      {why: "a machine that shuts down asks once", end: func(t *testing.T, pid int) { send(t, pid, syscall.SIGTERM) }},
		"KillSupervisor": {why: "SIGKILL lets nobody clean up", end: func(t *testing.T, pid int) { send(t, pid, syscall.SIGKILL) }},
		"KillWorker":     {why: "nor when it hits the process that does the work", end: func(t *testing.T, pid int) { send(t, children(t)[pid][0], syscall.SIGKILL) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "demo")
			cmd := exec.Command(filepath.Join(bin, "kiro-local"), "demo", "--dir", dir)
			// Not inherited from this test: a demo does not read from its terminal.
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitForBuilds(t, bufio.NewScanner(out))
			started := below(children(t), cmd.Process.Pid)
			if len(started) < 6 {
				t.Fatalf("only %d processes were found; a demo has a control plane, a manager and builds", len(started))
			}
			tc.end(t, cmd.Process.Pid)
			if err := cmd.Wait(); err == nil {
				t.Error("a demo that was ended half-way says that all is well")
			}
			expectGone(t, tc.why, started)
		})
	}
}

// waitForBuilds reads a demo's output until an agent is at work.
func waitForBuilds(t *testing.T, lines *bufio.Scanner) {
	t.Helper()
	var seen []string
	for lines.Scan() {
		seen = append(seen, lines.Text())
		if strings.Contains(lines.Text(), " agent ") {
			// The pipe must not fill up, or the demo would stand still.
			go func() {
				for lines.Scan() {
				}
			}()
			return
		}
	}
	t.Fatalf("the demo ended before a build ran:\n%s", strings.Join(seen, "\n"))
}

func send(t *testing.T, pid int, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		t.Fatal(err)
	}
}

// process is one of the machine's, told from a later one of the same number by its start.
type process struct {
	pid   int
	start string
}

func expectGone(t *testing.T, why string, started []process) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		left = nil
		for _, p := range started {
			if fields, ok := stat(p.pid); ok && fields[19] == p.start && fields[0] != "Z" {
				command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid))
				left = append(left, fmt.Sprintf("%d %s", p.pid, strings.ReplaceAll(string(command), "\x00", " ")))
			}
		}
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("%s: still there:\n%s", why, strings.Join(left, "\n"))
}

// stat are the fields of /proc/PID/stat after the program's name, which may hold anything.
func stat(pid int) ([]string, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, false
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	return fields, len(fields) > 19
}

// children are the machine's processes by their parent.
func children(t *testing.T) map[int][]int {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	out := map[int][]int{}
	for _, name := range names {
		pid, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			continue
		}
		if fields, ok := stat(pid); ok {
			if parent, err := strconv.Atoi(fields[1]); err == nil {
				out[parent] = append(out[parent], pid)
			}
		}
	}
	return out
}

func below(children map[int][]int, root int) []process {
	var found []process
	for next := []int{root}; len(next) > 0; next = next[1:] {
		for _, pid := range children[next[0]] {
			next = append(next, pid)
			if fields, ok := stat(pid); ok {
				found = append(found, process{pid: pid, start: fields[19]})
			}
		}
	}
	return found
}
