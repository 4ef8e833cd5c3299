// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package observe

import "syscall"

// dieWithParent gives a program a process group of its own: Ctrl-C at the terminal would otherwise end it before we
// can end it in order.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
