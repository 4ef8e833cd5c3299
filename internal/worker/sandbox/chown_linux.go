// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"os"

	"golang.org/x/sys/unix"
)

// openPath opens a file to look at and to give away, and not to read: a pipe is not waited for, a link not followed.
const openPath = unix.O_PATH

func chownOpen(file *os.File, uid, gid int) error {
	return unix.Fchownat(int(file.Fd()), "", uid, gid, unix.AT_EMPTY_PATH)
}
