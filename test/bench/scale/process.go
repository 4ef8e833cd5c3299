// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that runs beside us.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

func startProcess(path, log string, env []string, args ...string) (*process, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making the log of %s: %w", filepath.Base(path), err)
	}
	defer func() { _ = f.Close() }()
	cmd := exec.Command(path, args...) //nolint:noctx // it ends when its world does; the path is the caller's own program
	cmd.Env, cmd.Stdout, cmd.Stderr = env, f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(path), err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(p.done)
	}()
	return p, nil
}

func (p *process) kill() error {
	if p == nil {
		return nil
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing %s: %w", filepath.Base(p.cmd.Path), err)
	}
	<-p.done
	return nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// ticks is how many of the kernel's ticks are a second in /proc, on every architecture that Go runs on.
const ticks = 100

// cpuOf is for how long a process has had a core, however busy the machine is otherwise.
func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, fmt.Errorf("reading a process's time: %w", err)
	}
	// The program's name, in parentheses, may hold anything; the fields behind it do not.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("reading a process's time: too few fields")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks, errors.Join(err1, err2)
}

// rssOf is how much memory a process has, in bytes.
func rssOf(pid int) (float64, error) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, fmt.Errorf("reading a process's memory: %w", err)
	}
	for _, l := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(l, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024, err
		}
	}
	return 0, errors.New("reading a process's memory: no VmRSS")
}

// childOf is the process of a program that a process has started.
func childOf(parent int, program string) (int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, fmt.Errorf("looking for %s: %w", program, err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue // it has ended
		}
		command, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		name, _, _ := strings.Cut(string(command), "\x00")
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) && filepath.Base(name) == program {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("%s was not found", program)
}

// used is the processor time that processes take in a while.
func used(d time.Duration, pids ...int) ([]time.Duration, error) {
	took := make([]time.Duration, len(pids))
	for i, pid := range pids {
		before, err := cpuOf(pid)
		if err != nil {
			return nil, err
		}
		took[i] = -before
	}
	time.Sleep(d)
	for i, pid := range pids {
		after, err := cpuOf(pid)
		if err != nil {
			return nil, err
		}
		took[i] += after
	}
	return took, nil
}
