// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// TestUndeploy takes everything off a cluster whose manager is in the middle of a build.
func TestUndeploy(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	system, err := demo.Start(ctx, demo.Options{Dir: t.TempDir(), Bin: buildPrograms(t), Launch: true, Say: func(string) {}})
	t.Cleanup(func() {
		if err := system.Close(); err != nil {
			t.Logf("ending the system, whose manager has lost its kinds: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "a build runs", func() bool {
		return kubectl(t, system, "get", "workitems", "-o", "jsonpath={.items[*].status.attempt.build.arn}") != ""
	})
	kubectl(t, system, "create", "namespace", "held")
	held := filepath.Join(t.TempDir(), "held.yaml")
	if err := os.WriteFile(held, []byte(heldItem), 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl(t, system, "create", "-f", held)

	mustAsk(ctx, t, system)
	out, err := undeploy(ctx, system, "5s")
	if err == nil {
		t.Fatalf("it says that all is well although an object cannot go:\n%s", out)
	}
	for _, want := range []string{"held-by-another", "kiro-worker.io/force-delete=true", "CodeBuild console"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if crds := kubectl(t, system, "get", "crds", "-o", "name"); strings.Count(crds, "kiro-worker.io") != 3 {
		t.Errorf("kinds were removed while objects hung: %s", crds)
	}

	kubectl(t, system, "patch", "workitem", "held-by-another", "-n", "held", "--type=json",
		`-p=[{"op":"test","path":"/metadata/finalizers/0","value":"example.com/another"},{"op":"remove","path":"/metadata/finalizers/0"}]`)
	if out, err := undeploy(ctx, system, "3m"); err != nil {
		t.Fatalf("undeploy: %v\n%s", err, out)
	}
	if crds := kubectl(t, system, "get", "crds", "-o", "name"); strings.Contains(crds, "kiro-worker.io") {
		t.Errorf("still there: %s", crds)
	}
	if out, err := undeploy(ctx, system, "1m"); err != nil {
		t.Errorf("a second time, with nothing left to do: %v\n%s", err, out)
	}
}

const heldItem = `apiVersion: kiro-worker.io/v1alpha1
kind: WorkItem
metadata:
  namespace: held
  name: held-by-another
  finalizers: [example.com/another]
spec:
  environmentRef: {name: none}
  repository: acme/app
  branch: feature/none
`

// mustAsk: without a yes that names the very context, nothing goes, and the running build is named.
func mustAsk(ctx context.Context, t *testing.T, system *demo.System) {
	t.Helper()
	for confirm, want := range map[string]string{"": "CONFIRM=" + currentContext(t, system), "another": "is not the context"} {
		out, err := undeploy(ctx, system, "1s", "CONFIRM="+confirm)
		if err == nil {
			t.Fatalf("it did not ask:\n%s", out)
		}
		for _, text := range []string{want, "nothing was removed", "these builds run", "arn:aws:codebuild:", "2 sources"} {
			if !strings.Contains(out, text) {
				t.Errorf("it does not say %q:\n%s", text, out)
			}
		}
	}
	if left := kubectl(t, system, "get", "worksources", "-o", "name"); left == "" {
		t.Error("a source went without a yes")
	}
}

func currentContext(t *testing.T, system *demo.System) string {
	t.Helper()
	return strings.TrimSpace(kubectl(t, system, "config", "current-context"))
}

// undeploy runs what make undeploy runs, and says yes unless env says something else.
func undeploy(ctx context.Context, system *demo.System, timeout string, env ...string) (string, error) {
	name, err := exec.CommandContext(ctx, system.Kubectl, "--kubeconfig", system.Kubeconfig, "config", "current-context").Output()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, filepath.Join("..", "..", "hack", "undeploy.sh"), "all")
	cmd.Env = append(os.Environ(), "KUBECONFIG="+system.Kubeconfig, "KUBECTL="+system.Kubectl, "TIMEOUT="+timeout,
		"CONFIRM="+strings.TrimSpace(string(name)))
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func waitUntil(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !done(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
