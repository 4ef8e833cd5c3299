// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// supervisedVariable marks the process that does the work.
	supervisedVariable = "KIRO_LOCAL_SUPERVISED"
	// dieVariable asks to end when the caller does. make sets it: if make is killed, what it started would go on.
	dieVariable = "KIRO_LOCAL_DIE_WITH_PARENT"
)

// supervised runs f in a process of its own, under this one, so that nothing stays behind however either ends. The
// worker ends in order when this process dies, also by SIGKILL; and this process, to which the kernel hands every
// orphan below it, kills what the worker could not end.
func supervised(f func() (int, error)) (int, error) {
	if os.Getenv(supervisedVariable) != "" {
		if err := os.Unsetenv(supervisedVariable); err != nil {
			return 0, err
		}
		return f()
	}
	// The kernel signals the death of the thread that started the child, not of its process.
	runtime.LockOSThread()
	if os.Getenv(dieVariable) != "" {
		if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGTERM), 0, 0, 0); err != nil {
			return 0, fmt.Errorf("asking to end with the caller: %w", err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("becoming the reaper of what is started: %w", err)
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	cmd, err := startSelf()
	if err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			_ = cmd.Process.Signal(sig)
		case err := <-done:
			killOrphans()
			return exitCode(err)
		}
	}
}

// startSelf starts this program again, under another name: a kill by name does not hit both.
func startSelf() (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	dir, err := os.MkdirTemp("", "kiro-local-")
	if err != nil {
		return nil, fmt.Errorf("making a temporary directory: %w", err)
	}
	// Once the process runs, its name is not needed any more.
	defer func() { _ = os.RemoveAll(dir) }()
	name := filepath.Join(dir, "kiro-demo")
	if err := os.Symlink(self, name); err != nil {
		return nil, fmt.Errorf("naming the demo's process: %w", err)
	}
	cmd := exec.Command(name, os.Args[1:]...) //nolint:noctx // ended by signals, in order
	cmd.Env = append(os.Environ(), supervisedVariable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the demo's process: %w", err)
	}
	return cmd, nil
}

func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if code := exit.ExitCode(); code >= 0 {
		return code, nil
	}
	return 1, fmt.Errorf("the demo's process died: %w", err)
}

// killOrphans kills every process below this one until none is left.
func killOrphans() {
	for range 100 {
		below := descendants(os.Getpid())
		if len(below) == 0 {
			return
		}
		for _, pid := range below {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if pid <= 0 || err != nil {
				break
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// descendants are the processes below one, whatever group or session they are in.
func descendants(root int) []int {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	children := map[int][]int{}
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended meanwhile
		}
		// The program's name, in brackets, may contain anything: the fields begin after its last bracket.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil || len(fields) < 2 {
			continue
		}
		if parent, err := strconv.Atoi(fields[1]); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	var below []int
	for next := []int{root}; len(next) > 0; next = next[1:] {
		below = append(below, children[next[0]]...)
		next = append(next, children[next[0]]...)
	}
	return below
}
