// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane/assets"
)

// heartbeat is how often a long build says that it still runs.
const heartbeat = 20 * time.Second

// packages are what the programs are built from.
var packages = map[string]string{
	"etcd":           "go.etcd.io/etcd/server/v3",
	"kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
	"kubectl":        "k8s.io/kubernetes/cmd/kubectl",
}

// build builds the programs from their Go modules into a directory below work.
func build(ctx context.Context, root, work string) (string, error) {
	say("Building them from their Go modules on %d CPU(s): 4 to 10 minutes on two, and about 1 GB of modules to fetch.",
		runtime.NumCPU())
	into := filepath.Join(work, "built")
	if err := os.Mkdir(into, 0o755); err != nil {
		return "", fmt.Errorf("making a directory to build into: %w", err)
	}
	started := time.Now()
	for i, name := range assets.Programs {
		say("%d of %d: %s …", i+1, len(assets.Programs), name)
		if err := buildOne(ctx, filepath.Join(root, "hack", "controlplane"), name, filepath.Join(into, name)); err != nil {
			return "", fmt.Errorf("building %s: %w", name, err)
		}
	}
	say("Built in %s. The next run finds them.", time.Since(started).Round(time.Second))
	return into, nil
}

func buildOne(ctx context.Context, module, name, target string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", linkerFlags(), "-o", target, packages[name])
	cmd.Dir, cmd.Stderr, cmd.WaitDelay = module, os.Stderr, time.Second
	// Without cgo no C compiler is needed. The caller's GOFLAGS (-race, -mod=vendor) are not meant for this.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			say("   still building %s (%s)", name, time.Since(started).Round(time.Second))
		}
	}
}

// linkerFlags give the programs their version: kubectl compares it with the server's, and `kubectl version` and
// CRD compatibility checks read it.
func linkerFlags() string {
	parts := strings.Split(strings.TrimPrefix(assets.Version, "v"), ".")
	flags := []string{"-s", "-w"}
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags = append(flags,
			"-X", pkg+".gitVersion="+assets.Version,
			"-X", pkg+".gitMajor="+parts[0],
			"-X", pkg+".gitMinor="+parts[1])
	}
	return strings.Join(flags, " ")
}
