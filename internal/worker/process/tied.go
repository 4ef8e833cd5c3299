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

// As has a command run as another user, with no group but that one's. Nil leaves it the caller's own.
func As(a *syscall.SysProcAttr, c *Credential) {
	if c != nil {
		a.Credential = &syscall.Credential{Uid: c.UID, Gid: c.GID, Groups: c.Groups}
	}
}

// RunTied runs a command with such attributes to its end, on a thread that nothing else uses meanwhile.
func RunTied(cmd *exec.Cmd) error {
	if !lessens(cmd) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		return cmd.Run()
	}
	ended := make(chan error, 1)
	go func() {
		if err := lessen(cmd); err != nil {
			ended <- err
			return
		}
		ended <- cmd.Run()
	}()
	return <-ended
}

// startTied starts such a command and returns; exited is closed at its end. Its exit status is in cmd.ProcessState.
func startTied(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		err := lessen(cmd)
		if err == nil {
			err = cmd.Start()
		}
		started <- err
		if err == nil {
			// An exit code that is not zero is no error here.
			_ = cmd.Wait()
		}
		if !lessens(cmd) {
			runtime.UnlockOSThread()
		}
	}()
	return ended, <-started
}

// lessens reports whether a command runs with fewer rights than its caller, and so must be able to get no more of them.
func lessens(cmd *exec.Cmd) bool { return cmd.SysProcAttr != nil && cmd.SysProcAttr.Credential != nil }

// lessen locks the goroutine to its thread and makes that ready to start the command. The thread of a command with fewer
// rights has none to gain any more: it stays locked, and ends with the goroutine.
func lessen(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	if lessens(cmd) {
		return giveNothingMore()
	}
	return nil
}
