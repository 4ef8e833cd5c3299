// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write what is rendered to testdata")

// TestLint is Helm's own opinion of the chart.
func TestLint(t *testing.T) {
	for _, helm := range helms {
		stdout, stderr, err := tool(t.Context(), helm, "lint", "--strict", chartDir, "--set", "clusterName=prod", "--kube-version", kubernetes)
		if err != nil {
			t.Errorf("%s lint: %v\n%s%s", helm, err, stdout, stderr)
		}
		stdout, stderr, err = tool(t.Context(), helm, "lint", "--strict", demoChart, "--namespace", demoNamespace, "--kube-version", kubernetes)
		if err != nil {
			t.Errorf("%s lint of the demo: %v\n%s%s", helm, err, stdout, stderr)
		}
	}
}

// TestHelm3Renders: whichever Helm somebody has, the objects are the same, in the same order.
func TestHelm3Renders(t *testing.T) {
	for _, in := range inputs(t) {
		t.Run(in.name, func(t *testing.T) {
			stdout, stderr, err := templateBy(t, "helm3", "--values", in.file)
			if err != nil {
				t.Fatalf("%v\n%s", err, stderr)
			}
			want, err := os.ReadFile(strings.TrimSuffix(in.file, ".in.yaml") + ".out.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(objects(t, string(want)), objects(t, stdout)); diff != "" {
				t.Errorf("Helm 3 renders something else (-Helm 4 +Helm 3):\n%s", diff)
			}
		})
	}
}

// TestRenders compares what each testdata/*.in.yaml renders with its *.out.yaml. A change that is meant is accepted by
// `make chart-test UPDATE=1`, and read in the diff.
func TestRenders(t *testing.T) {
	for _, in := range inputs(t) {
		t.Run(in.name, func(t *testing.T) {
			got := render(t, "--values", in.file)
			out := strings.TrimSuffix(in.file, ".in.yaml") + ".out.yaml"
			if *update {
				if err := os.WriteFile(out, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("what is rendered has changed; if it is meant, run make chart-test UPDATE=1 (-want +got):\n%s", diff)
			}
		})
	}
}

type input struct{ name, file string }

func inputs(t *testing.T) []input {
	t.Helper()
	files, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	all := make([]input, 0, len(files))
	for _, file := range files {
		all = append(all, input{strings.TrimSuffix(filepath.Base(file), ".in.yaml"), file})
	}
	return all
}

// TestCRDs: they are config's, but for who made them and that they stay.
func TestCRDs(t *testing.T) {
	for _, tc := range []struct {
		why  string
		args []string
		keep bool
	}{
		{"by default an uninstall loses no object", nil, true},
		{"whoever says so loses them", []string{"--set", "crds.keep=false"}, false},
	} {
		rendered := objects(t, render(t, append([]string{"--set", "clusterName=prod", "--show-only", "templates/crds.yaml"}, tc.args...)...))
		files, err := filepath.Glob("../../config/crd/bases/*.yaml")
		if err != nil || len(files) != len(rendered) {
			t.Fatalf("%s: %d CRDs of %d are rendered (%v)", tc.why, len(rendered), len(files), err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := objects(t, string(content))[0]
			got := find(t, rendered, want.GetKind(), want.GetName()).DeepCopy()
			annotations := got.GetAnnotations()
			if kept := annotations["helm.sh/resource-policy"] == "keep"; kept != tc.keep {
				t.Errorf("%s: %s is kept: %t, want %t", tc.why, want.GetName(), kept, tc.keep)
			}
			delete(annotations, "helm.sh/resource-policy")
			got.SetAnnotations(annotations)
			got.SetLabels(nil)
			if diff := cmp.Diff(want.Object, got.Object); diff != "" {
				t.Errorf("%s: the CRD %s differs from config's (-want +got):\n%s", tc.why, want.GetName(), diff)
			}
		}
	}
}

// TestHelmCertificate: the chart's own certificate is signed by the authority that the monitor verifies it with.
func TestHelmCertificate(t *testing.T) {
	all := objects(t, render(t, "--set", "clusterName=prod,metrics.tls.mode=helm,metrics.serviceMonitor.enabled=true,crds.enabled=false"))
	secret := find(t, all, "Secret", "kiro-worker-metrics-certificate")
	data, ok := secret.Object["data"].(map[string]any)
	if !ok {
		t.Fatal("the Secret has no data")
	}
	monitor, err := yaml.Marshal(find(t, all, "ServiceMonitor", "kiro-worker-manager").Object["spec"])
	if err != nil {
		t.Fatal(err)
	}
	const server = "kiro-worker-metrics.kiro-worker-system.svc"
	if !strings.Contains(string(monitor), "serverName: "+server) || !strings.Contains(string(monitor), "name: kiro-worker-metrics-certificate") {
		t.Errorf("the monitor does not verify %s with the Secret's authority:\n%s", server, monitor)
	}
	if err := verifies(data, server); err != nil {
		t.Error(err)
	}
}
