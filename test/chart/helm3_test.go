// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"strings"
	"testing"
)

// TestFromHelm3To4: what Helm 3 installed, Helm 4 upgrades and Helm 3 takes away, as where one of two colleagues has the newer.
func TestFromHelm3To4(t *testing.T) {
	c := ownCluster(t)
	const name, space = "by-helm3", "by-helm3"
	c.kubectl(t, "", "create", "namespace", space)
	run := func(helm string, args ...string) string {
		t.Helper()
		stdout, stderr, err := tool(t.Context(), helm, append(args, "--namespace", space, "--kubeconfig", c.kubeconfig)...)
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", helm, strings.Join(args, " "), err, stderr)
		}
		return stdout
	}
	managers := func() string {
		return c.kubectl(t, "", "get", "deployment", name+"-kiro-worker-manager", "--namespace", space, "-o", "jsonpath={.spec.replicas} {.spec.template.spec.containers[0].args}")
	}
	// The CRDs are the other installation's in this cluster.
	run("helm3", "install", name, chartDir, "--set", "clusterName=prod,crds.enabled=false,metrics.tls.mode=helm")
	certificate := c.kubectl(t, "", "get", "secret", name+"-kiro-worker-metrics-certificate", "--namespace", space, "-o", "jsonpath={.data}")
	run("helm", "upgrade", name, chartDir, "--reset-then-reuse-values", "--set", "replicas=3,logLevel=debug")
	if got := managers(); !strings.HasPrefix(got, "3 ") || !strings.Contains(got, "--log-level=debug") || !strings.Contains(got, "--cluster-name=prod") {
		t.Errorf("after Helm 4's upgrade it runs %s", got)
	}
	if got := c.kubectl(t, "", "get", "secret", name+"-kiro-worker-metrics-certificate", "--namespace", space, "-o", "jsonpath={.data}"); got != certificate {
		t.Error("an upgrade makes a new certificate, and scrapes fail until every pod has it")
	}
	run("helm3", "rollback", name, "1")
	if got := managers(); !strings.HasPrefix(got, "2 ") || strings.Contains(got, "debug") {
		t.Errorf("after a rollback it runs %s", got)
	}
	run("helm3", "uninstall", name, "--no-hooks")
	if left := c.kubectl(t, "", "get", "all,secrets,roles,rolebindings,networkpolicies", "--namespace", space, "-o", "name", "-l", "app.kubernetes.io/instance="+name); left != "" {
		t.Errorf("an uninstall leaves %s", left)
	}
}
