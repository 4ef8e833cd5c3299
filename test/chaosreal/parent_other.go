// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package chaosreal

import "syscall"

// dieWithParent does nothing here: only Linux kills a process with its parent.
func dieWithParent() *syscall.SysProcAttr { return nil }
