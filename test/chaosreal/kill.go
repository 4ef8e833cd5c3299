// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killBuild sends a signal to what is running of the build.
func (w *world) killBuild(r reach) error {
	with := syscall.SIGKILL
	if r == theWorkerByTerm {
		with = syscall.SIGTERM
	}
	for _, b := range w.builds.Builds() {
		if !b.Over() {
			return kill("a process of build "+b.ID, with, func(pid int) bool {
				return belongs(pid, b.ID) && (r == theBuild || isProgram(pid, "kiro-worker"))
			})
		}
	}
	return errors.New("no build is running that could be killed")
}

// killAPIServer kills this process's kube-apiserver.
func (l *Lab) killAPIServer() error {
	return kill("kube-apiserver", syscall.SIGKILL, func(pid int) bool { return isChild(pid) && isProgram(pid, "kube-apiserver") })
}

// kill sends a signal to every process that is meant; there must be one.
func kill(what string, with syscall.Signal, meant func(pid int) bool) error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return fmt.Errorf("looking for %s: %w", what, err)
	}
	killed := 0
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err == nil && meant(pid) && syscall.Kill(pid, with) == nil {
			killed++
		}
	}
	if killed == 0 {
		return fmt.Errorf("%s is not there to be killed", what)
	}
	return nil
}

// belongs reports whether a process has a build's id in its environment.
func belongs(pid int, id string) bool {
	environ, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	return err == nil && bytes.Contains(environ, []byte("CODEBUILD_BUILD_ID="+id+"\x00"))
}

// isProgram reports whether a process runs a program of that name.
func isProgram(pid int, name string) bool {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	path, _, _ := strings.Cut(string(line), "\x00")
	return err == nil && filepath.Base(path) == name
}

// isChild reports whether this process started another.
func isChild(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	// The name is in parentheses and may hold anything, parentheses too.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	return len(fields) > 1 && fields[1] == strconv.Itoa(os.Getpid())
}
