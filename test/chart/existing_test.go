// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane"
)

// TestCRDsOfSomebodyElse: a cluster that had the CRDs from kubectl, as after `make install` and in the demo, takes the chart; where they are
// not these, Helm refuses and touches nothing, until it is told to take them over.
func TestCRDsOfSomebodyElse(t *testing.T) {
	own, err := controlplane.Start(controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Stop() })
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, own.Kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &cluster{kubectlPath: own.Kubectl, kubeconfig: kubeconfig, config: own.Config}
	c.kubectl(t, "", "create", "namespace", namespace)
	const crd = "workitems.kiro-worker.io"
	owner := func() string {
		return c.kubectl(t, "", "get", "crd", crd, "-o", `jsonpath={.metadata.annotations.meta\.helm\.sh/release-name}`)
	}
	for _, helm := range helms {
		args := []string{"--namespace", namespace, "--kubeconfig", c.kubeconfig}
		install := append([]string{"install", release, chartDir, "--set", "clusterName=prod"}, args...)
		notes, stderr, err := tool(t.Context(), helm, install...)
		if err != nil || !strings.Contains(notes, "stay whoever's they are") || owner() != "" {
			t.Fatalf("%s install: %v; the CRD is %q's\n%s%s", helm, err, owner(), notes, stderr)
		}
		if _, stderr, err := tool(t.Context(), helm, append([]string{"uninstall", release, "--no-hooks"}, args...)...); err != nil {
			t.Fatalf("%s uninstall: %v\n%s", helm, err, stderr)
		}
		c.kubectl(t, "", "get", "crd", crd)

		c.kubectl(t, "", "patch", "crd", crd, "--type=json", "-p", `[{"op":"remove","path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/priority"}]`)
		if _, stderr, err := tool(t.Context(), helm, install...); err == nil || !strings.Contains(stderr, crd) {
			t.Errorf("%s installs beside other CRDs: %v\n%s", helm, err, stderr)
		}
		take := []string{"--take-ownership"}
		if helm == "helm" { // Helm 4 applies on the server, where fields are whoever's who applied them first
			take = append(take, "--force-conflicts")
		}
		if _, stderr, err := tool(t.Context(), helm, append(install, take...)...); err != nil || owner() != release {
			t.Errorf("%s does not take it over: %v; the CRD is %q's\n%s", helm, err, owner(), stderr)
		}
		if got := c.kubectl(t, "", "get", "crd", crd, "-o", "jsonpath={.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.priority.type}"); got != "integer" {
			t.Errorf("%s took the CRD over and left it as it was", helm)
		}
		if _, stderr, err := tool(t.Context(), helm, append([]string{"uninstall", release, "--no-hooks"}, args...)...); err != nil {
			t.Fatalf("%s uninstall: %v\n%s", helm, err, stderr)
		}
		// As they were, for the next Helm: what is kept keeps its marks.
		for _, name := range []string{crd, "workenvironments.kiro-worker.io", "worksources.kiro-worker.io"} {
			c.kubectl(t, "", "annotate", "crd", name, "meta.helm.sh/release-name-", "meta.helm.sh/release-namespace-")
		}
	}
}
