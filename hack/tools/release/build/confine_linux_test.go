// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// confine has a command see nothing but the image, as the image's user. It takes root.
func confine(cmd *exec.Cmd, dir string) {
	if os.Geteuid() != 0 {
		return
	}
	cmd.Path, cmd.Dir, cmd.Env = "/manager", "/", []string{"PATH=/"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: dir, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
}
