// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package chart tests the Helm chart with Helm itself, and on a real API server: what its values are refused for, what it
// renders, that it grants and runs what config does, and that it installs, upgrades and goes.
//
// It needs helm, kustomize, kubeconform and the project's programs. `make test` and `make chart-test` build them; CHART_TOOLS is
// the directory where they are. Without it nothing can be tested, and the package fails.
package chart

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane"
)

const (
	chartDir  = "../../charts/kiro-worker"
	release   = "kiro-worker"
	namespace = "kiro-worker-system"
)

var (
	tools = os.Getenv("CHART_TOOLS")
	// plane is an API server that knows nothing of ours.
	plane *controlplane.ControlPlane
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	if tools == "" {
		fmt.Fprintln(os.Stderr, "CHART_TOOLS is not set, so there is no helm to test the chart with; run: make chart-test")
		return 1
	}
	log.SetLogger(logr.Discard())
	none, err := os.MkdirTemp("", "no-crds")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(none) }()
	if plane, err = controlplane.Start(controlplane.Options{CRDs: none}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := plane.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}()
	return m.Run()
}

// tool runs one of the tools, and returns what it writes to its standard output and error.
func tool(ctx context.Context, name string, args ...string) (stdout, stderr string, err error) {
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(tools, name), args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	// Nothing of the caller's own Helm, and nobody's real cluster.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir(), "KUBECONFIG=/nowhere"}
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

// helms are the Helms that people have: what the one installs, the other takes over.
var helms = []string{"helm", "helm3"}

// kubernetes is what a chart is rendered for: a Helm that is built from its module, and not released, takes a version for
// granted that is too old for the chart.
const kubernetes = "v1.36.0"

// render renders the chart, and fails the test if it cannot.
func render(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, err := template(t, args...)
	if err != nil {
		t.Fatalf("helm template: %v\n%s", err, stderr)
	}
	return stdout
}

func template(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	return templateBy(t, "helm", args...)
}

func templateBy(t *testing.T, helm string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	return tool(t.Context(), helm, append([]string{"template", release, chartDir, "--namespace", namespace, "--kube-version", kubernetes}, args...)...)
}

// objects reads the objects of a stream of YAML.
func objects(t *testing.T, stream string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, document := range strings.Split("\n"+stream, "\n---\n") {
		object := map[string]any{}
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			t.Fatalf("not YAML: %v\n%s", err, document)
		}
		if len(object) > 0 {
			all = append(all, &unstructured.Unstructured{Object: object})
		}
	}
	return all
}

// find returns the one object of a kind and name.
func find(t *testing.T, all []*unstructured.Unstructured, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, o := range all {
		if o.GetKind() == kind && o.GetName() == name {
			return o
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return nil
}
