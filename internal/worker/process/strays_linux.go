// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// strays are the processes that are still there of a program that is over: its group, and what left the group (by
// setsid, as daemons do) but still carries the mark in its environment.
func strays(group int, mark string) []int {
	return find(func(pid int, stat status) bool {
		return stat.group == group || bytes.Contains(environ(pid), []byte(markName+"="+mark))
	})
}

// KillMarked ends every process that was started with one of the given environment entries (NAME=value), and the rest
// of its group, and returns how many there were. It is for what a worker that was killed left running: the kernel ends
// what the worker started itself, but not what that started in turn.
func KillMarked(entries ...string) int {
	own, killed := syscall.Getpgrp(), map[int]bool{}
	for range 20 {
		groups := map[int]bool{}
		found := find(func(pid int, stat status) bool {
			marked := hasEntry(environ(pid), entries)
			if marked && stat.group != own {
				groups[stat.group] = true
			}
			return marked
		})
		if len(found) == 0 {
			break
		}
		for _, pid := range found {
			killed[pid] = true
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		for group := range groups {
			signalGroup(group, syscall.SIGKILL)
		}
	}
	return len(killed)
}

func hasEntry(environ []byte, entries []string) bool {
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if len(entry) > 0 && slices.Contains(entries, string(entry)) {
			return true
		}
	}
	return false
}

// status is what is asked of a process.
type status struct {
	group int
	state byte
}

// find lists the live processes that match, never this one.
func find(match func(pid int, stat status) bool) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		stat, ok := statusOf(pid)
		// A zombie is dead already; it waits for its parent, perhaps this process's own parent.
		if ok && stat.state != 'Z' && stat.state != 'X' && match(pid, stat) {
			found = append(found, pid)
		}
	}
	return found
}

func statusOf(pid int) (status, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return status{}, false
	}
	// The program's name is in parentheses and may hold anything, so count from the last one.
	_, rest, ok := cutLast(string(text), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 3 {
		return status{}, false
	}
	group, err := strconv.Atoi(fields[2])
	if err != nil {
		return status{}, false
	}
	return status{group: group, state: fields[0][0]}, true
}

// environ is a process's initial environment; empty if it may not be read.
func environ(pid int) []byte {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return nil
	}
	return text
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}
