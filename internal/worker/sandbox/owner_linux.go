// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"io/fs"
	"syscall"
	"time"
)

// ownerAndChange are whose a file is and when the kernel last noted a change of it.
func ownerAndChange(info fs.FileInfo) (uid uint32, changed time.Time) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, time.Time{}
	}
	return stat.Uid, time.Unix(stat.Ctim.Unix())
}
