// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package observe

import "syscall"

// dieWithParent has the kernel kill a program with this process. It gets a process group of its own: Ctrl-C at the
// terminal would otherwise end it before we can end it in order.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
