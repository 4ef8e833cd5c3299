// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"time"
)

// cpuTime runs a program and returns for how long it, and every process that it started and waited for, had a core.
func cpuTime(cmd *exec.Cmd) (time.Duration, error) {
	if err := onOneCore(cmd.Start); err != nil {
		return 0, err
	}
	if err := cmd.Wait(); err != nil {
		return 0, err
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}
