// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// markName is the variable by which a process that left the group is still known as ours.
const markName = "KIRO_WORKER_PROCESS"

// newMark is a value that no other run has.
func newMark() (string, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("marking a process: %w", err)
	}
	return hex.EncodeToString(b), nil
}

func command(path string, spec Spec, mark string) *exec.Cmd {
	attributes := Tied()
	As(attributes, spec.Credential)
	env := make([]string, 0, len(spec.Env)+1)
	env = append(env, spec.Env...)
	env = append(env, markName+"="+mark)
	return &exec.Cmd{Path: path, Args: spec.Args, Dir: spec.Dir, Env: env, SysProcAttr: attributes}
}

// lookPath finds a program by the PATH that it is going to run with. exec.LookPath would take the caller's PATH,
// and so perhaps a program that the child's user must not run.
func lookPath(name, dir string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if executable(path) {
			return path, nil
		}
		return "", fmt.Errorf("%w: %q is not an executable file", ErrNotFound, name)
	}
	for _, place := range filepath.SplitList(Variable(env, "PATH")) {
		// An empty or relative entry would run what the repository put there.
		if !filepath.IsAbs(place) {
			continue
		}
		if path := filepath.Join(place, name); executable(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: %q is not in PATH; install it in the build image or name it with its path", ErrNotFound, name)
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// Has reports whether a program is in the PATH of an environment.
func Has(program string, env []string) bool {
	_, err := lookPath(program, "", env)
	return err == nil
}

// Variable is the last value of a name in an environment, as the system would take it.
func Variable(env []string, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(env[i], name+"="); ok {
			return value
		}
	}
	return ""
}
