// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane/assets"
)

const (
	launcherPrograms = "KIRO_LOCAL_PROGRAMS" // where the real programs lie
	launcherParent   = "KIRO_LOCAL_PARENT"   // the process that they must not outlive
)

// ServeAsProgram turns this process into kube-apiserver or etcd if it was started under that name, and asks the
// kernel to kill it with its parent first: no code of ours runs when a process is killed with SIGKILL. Otherwise it
// returns. It is the first call of a launcher's main.
func ServeAsProgram() {
	name := filepath.Base(os.Args[0])
	programs := os.Getenv(launcherPrograms)
	if programs == "" || !slices.Contains(assets.Programs, name) {
		return
	}
	err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
	// The parent may have died before the kernel was asked.
	if err == nil && os.Getenv(launcherParent) == strconv.Itoa(os.Getppid()) {
		err = syscall.Exec(filepath.Join(programs, name), os.Args, os.Environ())
	}
	fmt.Fprintf(os.Stderr, "starting %s: %v\n", name, err)
	os.Exit(1)
}

// launchers are the paths under which the servers are started through o.Launcher.
func launchers(o Options, programs string) (etcd, server string, err error) {
	if err := os.Setenv(launcherPrograms, programs); err != nil {
		return "", "", fmt.Errorf("preparing the launcher: %w", err)
	}
	if err := os.Setenv(launcherParent, strconv.Itoa(os.Getpid())); err != nil {
		return "", "", fmt.Errorf("preparing the launcher: %w", err)
	}
	dir := filepath.Join(o.Dir, "launch")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", fmt.Errorf("preparing the launcher: %w", err)
	}
	for _, name := range []string{"etcd", "kube-apiserver"} {
		if err := os.Symlink(o.Launcher, filepath.Join(dir, name)); err != nil && !os.IsExist(err) {
			return "", "", fmt.Errorf("preparing the launcher: %w", err)
		}
	}
	return filepath.Join(dir, "etcd"), filepath.Join(dir, "kube-apiserver"), nil
}
