// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"syscall"
	"time"
)

// process is one line of the process table.
type process struct {
	pid, parent, group, session int
	zombie                      bool
	marked                      bool // bears a trace of the build, wherever it is in the table
}

// traces are what the processes of one container are known by.
type traces struct {
	leader int    // its first process, not reaped yet
	id     string // the build's id, in the environment of most
	dir    string // the build's directory, in which the others work
}

// killAll kills all processes of a container, and returns when none runs any more.
// As a real container's end, it reaches what a process group would not: programs that made a group or a session of
// their own, as the worker does for the agent. First everything is stopped, so that nobody can have a child, or lose
// its parent and with it the trace to us, between the look and the kill.
func killAll(t traces) {
	for {
		stopped := map[int]bool{}
		for {
			fresh := false
			for _, p := range membersOf(processes(t), t.leader) {
				if !stopped[p] {
					fresh, stopped[p] = true, true
					_ = syscall.Kill(p, syscall.SIGSTOP)
				}
			}
			if !fresh {
				break
			}
		}
		if len(stopped) == 0 {
			return
		}
		for p := range stopped {
			_ = syscall.Kill(p, syscall.SIGKILL)
		}
		time.Sleep(2 * time.Millisecond) // the kernel ends them in its own time; there is nothing to wait on
	}
}

// membersOf are the processes in the leader's session or group, those that descend from it, and those that are
// marked. The leader is not reaped yet, so that its number cannot have become another's.
func membersOf(table []process, leader int) []int {
	children := map[int][]process{}
	member := map[int]bool{}
	var todo []int
	add := func(p process) {
		if !member[p.pid] {
			member[p.pid] = true
			todo = append(todo, p.pid)
		}
	}
	for _, p := range table {
		children[p.parent] = append(children[p.parent], p)
		if p.pid == leader || p.session == leader || p.group == leader || p.marked {
			add(p)
		}
	}
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		for _, p := range children[next] {
			add(p)
		}
	}
	var out []int
	for _, p := range table {
		if member[p.pid] && !p.zombie {
			out = append(out, p.pid)
		}
	}
	return out
}
