// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sandbox

import (
	"io/fs"
	"time"
)

// ownerAndChange says that a file is the worker's own: elsewhere than on Linux there is no other user.
func ownerAndChange(fs.FileInfo) (uid uint32, changed time.Time) { return 0, time.Time{} }
