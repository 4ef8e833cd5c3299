// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package process

import "syscall"

// dieWithParent can do nothing here: only a developer's machine is no Linux.
func dieWithParent(*syscall.SysProcAttr) {}
