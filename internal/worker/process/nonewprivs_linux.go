// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"fmt"
	"syscall"
)

// prSetNoNewPrivs is PR_SET_NO_NEW_PRIVS of prctl(2).
const prSetNoNewPrivs = 38

// giveNothingMore has the kernel refuse any further right to what the calling thread starts: a setuid program, or one
// with file capabilities, runs with the rights of whoever calls it. The thread keeps that for good, so it must end with
// the goroutine that locked it.
func giveNothingMore() error {
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("giving up further rights: %w", errno)
	}
	return nil
}
