// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// parentOf makes the test's own program a parent that runs a script and is killed.
const parentOf = "KIRO_WORKER_TEST_PARENT_OF"

func TestMain(m *testing.M) {
	script := os.Getenv(parentOf)
	if script == "" {
		os.Exit(m.Run())
	}
	if how := os.Args[1]; how == "command" {
		cmd := exec.Command("/bin/sh", "-c", script)
		cmd.SysProcAttr = process.Tied()
		_ = process.RunTied(cmd)
		return
	}
	_, _ = process.Run(context.Background(), process.Spec{Args: []string{"/bin/sh", "-c", script}, Dir: "/", Env: os.Environ(), Stdout: os.DevNull})
}

// gone waits until a process is over. A zombie is: its parent may reap it later.
func gone(t *testing.T, pid int) {
	t.Helper()
	for range 1000 {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil || bytes.Contains(text, []byte(") Z ")) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d lives on", pid)
}

// pidIn waits for a process's number in a file.
func pidIn(t *testing.T, file string) int {
	t.Helper()
	for range 1000 {
		text, err := os.ReadFile(file)
		if pid, bad := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && bad == nil {
			return pid
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s was not written", file)
	return 0
}

// What a worker started must not work on once the worker was killed: its lock is released then.
func TestKilledParent(t *testing.T) {
	for _, how := range []string{"program", "command"} {
		t.Run(how, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pid")
			parent := exec.Command(os.Args[0], how)
			parent.Env = append(os.Environ(), parentOf+"=echo $$ > "+file+"; exec sleep 300")
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			child := pidIn(t, file)
			t.Cleanup(func() { _ = syscall.Kill(child, syscall.SIGKILL) })
			_ = parent.Process.Kill()
			_ = parent.Wait()
			gone(t, child)
		})
	}
}

// The kernel takes the end of the thread that started a program for its parent's: that thread must not end early.
func TestThreadsThatEndLeaveProgramsAlone(t *testing.T) {
	stop := make(chan struct{})
	var ending sync.WaitGroup
	ending.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			var batch sync.WaitGroup
			for range 50 {
				batch.Go(func() {
					runtime.LockOSThread() // never unlocked: the thread ends with this
					runtime.Gosched()
				})
			}
			batch.Wait()
		}
	})
	defer func() { close(stop); ending.Wait() }()
	for range 3 {
		spec := shell(t, "sleep 0.3")
		result, err := process.Run(t.Context(), spec)
		if err != nil || result.ExitCode != 0 || result.Signal != "" {
			t.Fatalf("a program was ended with a thread: %+v, %v", result, err)
		}
		cmd := exec.Command("sleep", "0.3")
		cmd.SysProcAttr = process.Tied()
		if err := process.RunTied(cmd); err != nil {
			t.Fatalf("a command was ended with a thread: %v", err)
		}
	}
}

func TestKillMarked(t *testing.T) {
	cases := map[string]struct {
		why   string
		env   []string
		ended bool
	}{
		"Marked":   {"It has the entry.", []string{"A=1", "HOME=/builds/1/home"}, true},
		"Longer":   {"An entry that only begins so is another's.", []string{"HOME=/builds/1/home2"}, false},
		"Within":   {"So is one that only ends so.", []string{"XHOME=/builds/1/home"}, false},
		"Unmarked": {"Nobody else is touched.", []string{"HOME=/builds/2/home"}, false},
	}
	commands := map[string]*exec.Cmd{}
	for name, c := range cases {
		cmd := exec.Command("/bin/sleep", "300")
		cmd.Env, cmd.SysProcAttr = c.env, &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		commands[name] = cmd
	}
	// A child that shed its environment is ended with its group.
	file := filepath.Join(t.TempDir(), "pid")
	leader := exec.Command("/bin/sh", "-c", "env -i /bin/sh -c 'echo $$ > "+file+"; exec sleep 300' & wait")
	leader.Env, leader.SysProcAttr = []string{"PATH=" + os.Getenv("PATH"), "HOME=/builds/1/home"}, &syscall.SysProcAttr{Setpgid: true}
	if err := leader.Start(); err != nil {
		t.Fatal(err)
	}
	child := pidIn(t, file)
	if n := process.KillMarked("HOME=/builds/1/home"); n < 2 {
		t.Errorf("%d were ended, want two at least", n)
	}
	_ = leader.Wait()
	gone(t, child)
	for name, c := range cases {
		alive := commands[name].Process.Signal(syscall.Signal(0)) == nil
		if c.ended {
			gone(t, commands[name].Process.Pid)
		} else if !alive {
			t.Errorf("%s: %s", name, c.why)
		}
		_ = commands[name].Process.Kill()
		_ = commands[name].Wait()
	}
}
