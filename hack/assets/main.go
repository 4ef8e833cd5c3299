// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command assets makes sure that this machine has kube-apiserver, etcd and kubectl, and prints the directory that
// has them, and nothing else, on standard output.
//
// They come, in this order, from KUBEBUILDER_ASSETS, from an earlier run's cache, from setup-envtest's download
// where the network allows, and else from their Go modules, which takes some minutes, once.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane/assets"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	dir, err := ensure(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	fmt.Println(dir)
}

func ensure(ctx context.Context) (string, error) {
	dir, err := assets.Locate()
	if err == nil || !errors.Is(err, assets.ErrNotFound) {
		return dir, err
	}
	if dir, err = assets.CacheDir(); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	unlock, err := lock(ctx, dir+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	// The process that held the lock until now was probably doing the same work.
	if len(assets.Missing(dir)) == 0 {
		return dir, nil
	}
	root, err := repositoryRoot()
	if err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), ".making-")
	if err != nil {
		return "", fmt.Errorf("making a working directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()

	say("This machine has no kube-apiserver, etcd and kubectl %s yet. They are made once and kept in %s.", assets.Version, dir)
	made, err := download(ctx, root, work)
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		say("No download here (%s).", brief(err))
		if made, err = build(ctx, root, work); err != nil {
			return "", err
		}
	}
	return dir, assets.Install(made, dir)
}

// repositoryRoot is the directory of the product's go.mod: `go run` starts us wherever the caller is.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "hack", "controlplane", "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("run this inside the repository: hack/controlplane was not found")
		}
		dir = filepath.Dir(dir)
	}
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "assets: "+format+"\n", args...)
}
