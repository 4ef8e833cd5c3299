// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// onOneCore calls start, so that the process which it starts, and all of that one's, run on one core.
func onOneCore(start func() error) error {
	// A process is born with the affinity of the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("asking for the cores: %w", err)
	}
	// The last one: the first has the machine's interrupts.
	for core := range len(before) * 64 {
		if before.IsSet(core) {
			one.Zero()
			one.Set(core)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("keeping to one core: %w", err)
	}
	defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	return start()
}

// memory is a file system in memory, if this machine has one that is large enough.
const (
	memory     = "/dev/shm"
	memoryFree = 1 << 30
)

// place is where the repositories are, empty for the directory of temporary files. In memory a disk's own time, which
// differs several times over from run to run, is not taken for the worker's.
func place() string {
	var s unix.Statfs_t
	if unix.Statfs(memory, &s) != nil || s.Type != unix.TMPFS_MAGIC || s.Bavail*uint64(s.Bsize) < memoryFree || unix.Access(memory, unix.W_OK) != nil {
		return ""
	}
	return memory
}
