// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package process

import "syscall"

// strays says only whether the group still has a member: elsewhere than on Linux, on a developer's machine, a
// process that left its group is not found.
func strays(group int, _ string) []int {
	if syscall.Kill(-group, 0) != nil {
		return nil
	}
	return []int{-group}
}

// KillUser does nothing here: agents run as the developer's own user.
func KillUser(_, _ uint32) (int, error) { return 0, nil }

// KillMarked does nothing here: only in a build does another process go on after a worker that was killed.
func KillMarked(...string) int { return 0 }
