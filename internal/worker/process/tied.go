// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"os/exec"
	"runtime"
	"syscall"
)

// Tied are the attributes of a command that leads a process group of its own and, on Linux, is killed when the thread
// that started it ends: an agent, or a push, that went on after its worker was killed would work while the lock is
// released. The thread must be kept for as long as the command runs, or the command is killed with it in the middle of
// its work; start it with RunTied or startTied.
func Tied() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(a)
	return a
}

// RunTied runs a command with such attributes to its end, on a thread that nothing else uses meanwhile.
func RunTied(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return cmd.Run()
}

// startTied starts such a command and returns; exited is closed at its end. Its exit status is in cmd.ProcessState.
func startTied(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			// An exit code that is not zero is no error here.
			_ = cmd.Wait()
		}
	}()
	return ended, <-started
}
