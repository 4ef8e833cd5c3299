// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package assets knows where the programs of a Kubernetes control plane (kube-apiserver, etcd, kubectl) are on
// this machine. hack/assets puts them there; tests and kiro-local look them up.
package assets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Version is the Kubernetes version that is downloaded or built. It is the one in hack/controlplane/go.mod.
const Version = "v1.37.2"

// Variable names a directory of programs that is taken as it is, as envtest does.
const Variable = "KUBEBUILDER_ASSETS"

// Programs are what a directory must hold.
var Programs = []string{"etcd", "kube-apiserver", "kubectl"}

// ErrNotFound: this machine has no control plane yet.
var ErrNotFound = errors.New("this machine has no kube-apiserver, etcd and kubectl yet; run `make assets`")

// Locate is the directory of the programs: the one that KUBEBUILDER_ASSETS names, else the one of an earlier run.
// A variable that names an incomplete directory is an error, so that no choice is silently ignored.
func Locate() (string, error) {
	if dir := os.Getenv(Variable); dir != "" {
		if missing := Missing(dir); len(missing) > 0 {
			return "", fmt.Errorf("%s=%s has no %s; unset it, or point it to a directory that has them",
				Variable, dir, strings.Join(missing, ", "))
		}
		return dir, nil
	}
	dir, err := CacheDir()
	if err != nil {
		return "", err
	}
	if len(Missing(dir)) > 0 {
		return "", ErrNotFound
	}
	return dir, nil
}

// CacheDir is where a run leaves the programs for the next one. The version is part of its name, so that a new
// version never runs on an old one's programs.
func CacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a place to keep kube-apiserver and etcd (set %s instead): %w", Variable, err)
	}
	name := Version + "-" + runtime.GOOS + "-" + runtime.GOARCH
	return filepath.Join(base, "kiro-worker", "controlplane", name), nil
}

// Missing names the programs that a directory lacks.
func Missing(dir string) []string {
	var missing []string
	for _, name := range Programs {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			missing = append(missing, name)
		}
	}
	return missing
}

// Install makes a complete directory of programs the cache. It is one rename: a run that dies, or two at once,
// never leave half a control plane behind.
func Install(from, to string) error {
	if missing := Missing(from); len(missing) > 0 {
		return fmt.Errorf("%s has no %s", from, strings.Join(missing, ", "))
	}
	// What is there is incomplete, or nobody would install; a rename onto it would fail.
	if err := os.RemoveAll(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("clearing %s: %w", to, err)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("installing into the cache: %w", err)
	}
	return nil
}
