// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sandbox

import (
	"os"
	"syscall"
)

// openPath does not wait for a pipe. Only in a build, on Linux, is there another user to give anything to.
const openPath = syscall.O_NONBLOCK

func chownOpen(file *os.File, uid, gid int) error { return file.Chown(uid, gid) }
