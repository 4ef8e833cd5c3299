// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane"
)

// TestTakeOver: what make deploy installed becomes Helm's, as docs/upgrade.md says, and objects live through it.
func TestTakeOver(t *testing.T) {
	own, err := controlplane.Start(controlplane.Options{CRDs: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Stop() })
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, own.Kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &cluster{kubectlPath: own.Kubectl, kubeconfig: kubeconfig, config: own.Config}
	c.kubectl(t, "", "create", "namespace", team)
	for _, helm := range helms {
		deploy(t, c)
		item := c.item(t, "by-"+helm)
		// The Deployment's selector is another, and cannot be changed: its pods go, builds do not.
		c.kubectl(t, "", "delete", "deployment", "kiro-worker-manager", "--namespace", namespace)
		args := []string{"install", release, chartDir, "--set", "clusterName=prod", "--take-ownership", "--namespace", namespace, "--kubeconfig", c.kubeconfig}
		if helm == "helm" {
			args = append(args, "--force-conflicts")
		}
		if _, stderr, err := tool(t.Context(), helm, args...); err != nil {
			t.Fatalf("%s install: %v\n%s", helm, err, stderr)
		}
		if d := c.deployment(t); d.Annotations["meta.helm.sh/release-name"] != release {
			t.Errorf("the Deployment is not %s's", helm)
		}
		c.lives(t, "Helm's taking over", item)
		if _, stderr, err := tool(t.Context(), helm, "uninstall", release, "--no-hooks", "--namespace", namespace, "--kubeconfig", c.kubeconfig); err != nil {
			t.Fatalf("%s uninstall: %v\n%s", helm, err, stderr)
		}
	}
}

// deploy is `make deploy`.
func deploy(t *testing.T, c *cluster) {
	t.Helper()
	var documents []string
	for _, o := range kustomize(t, "default") {
		content, err := yaml.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, string(content))
	}
	// Kinds that came just now are known a moment later; there are none of ours among the objects.
	c.kubectl(t, strings.Join(documents, "---\n"), "apply", "--server-side", "-f", "-")
}
