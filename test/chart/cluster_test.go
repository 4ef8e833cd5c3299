// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane"
	"github.com/kiro-worker/kiro-worker/test/gitops"
)

const (
	demoChart     = "../../charts/kiro-worker-demo"
	demoNamespace = "kiro-demo"
)

// TestDemoChart is `helm install` of the demo into a cluster that knows nothing of ours, and cards that move. What a node would run
// runs beside the API server: the pods' programs with their own arguments, environment and service accounts.
func TestDemoChart(t *testing.T) {
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
	ports := map[string]string{}
	for _, name := range []string{"github", "aws", "report"} {
		_, ports[name], _ = strings.Cut(freeAddress(t), ":")
	}
	// Of this machine, instead of the Service's name.
	args := []string{
		"--set", "host=127.0.0.1", "--set", fmt.Sprintf("ports.github=%s,ports.aws=%s,ports.report=%s", ports["github"], ports["aws"], ports["report"]),
		"--set", fmt.Sprintf("kiro-worker.allowedEndpoints={http://127.0.0.1:%s,http://127.0.0.1:%s}", ports["github"], ports["aws"]),
	}
	install := append([]string{"install", "kiro-demo", demoChart, "--namespace", demoNamespace, "--create-namespace", "--kubeconfig", c.kubeconfig}, args...)
	notes, stderr, err := tool(t.Context(), "helm", install...)
	if err != nil || !strings.Contains(notes, "kubectl get workitems -n kiro-demo") {
		t.Fatalf("helm install: %v\n%s%s", err, notes, stderr)
	}
	// Both pods comply with what a cluster may enforce.
	c.kubectl(t, "", "label", "namespace", demoNamespace, "pod-security.kubernetes.io/enforce=restricted")
	for _, name := range []string{"kiro-worker-manager", "kiro-worker-demo"} {
		c.admits(t, c.deploymentOf(t, demoNamespace, name).Spec.Template)
	}

	free := "127.0.0.1:0"
	manager := c.start(t, "manager", "kiro-worker-manager", "--leader-elect-namespace="+demoNamespace, "--health-probe-bind-address="+free, "--metrics-bind-address="+free)
	emulators := c.start(t, "kiro-local", "kiro-worker-demo", "--listen=127.0.0.1", "--sources=../..", "--dir="+filepath.Join(t.TempDir(), "demo"))
	for _, pod := range c.testPods(t, args) {
		program := map[string]string{"cards": "kiro-local", "doctor": "manager"}[pod.Spec.Containers[0].Name]
		cmd := c.command(t, program, pod.Spec)
		out, err := cmd.CombinedOutput()
		t.Logf("helm test, %s:\n%s", pod.Name, out)
		if err != nil || strings.Contains(string(out), "FAILED") {
			t.Fatalf("%s: %v\nthe demo's log:\n%s\nthe manager's log:\n%s", pod.Name, err, emulators, manager)
		}
	}
	// Whoever waits for them with kstatus, as Flux does, goes on.
	for _, kind := range []string{"workenvironment", "worksource"} {
		list := &unstructured.UnstructuredList{}
		if err := json.Unmarshal([]byte(c.kubectl(t, "", "get", kind, "--namespace", demoNamespace, "-o", "json")), list); err != nil || len(list.Items) != 1 {
			t.Fatalf("%d of %s: %v", len(list.Items), kind, err)
		}
		if got, err := gitops.Flux(&list.Items[0]); err != nil || got != "Current" {
			t.Errorf("to kstatus the %s is %s (%v)", kind, got, err)
		}
	}
	t.Logf("kubectl get workitems\n%s", c.kubectl(t, "", "get", "workitems", "--namespace", demoNamespace))
}

// TestDemoChartElsewhere: its addresses and rights are those of one namespace, and in another nothing would say so.
func TestDemoChartElsewhere(t *testing.T) {
	_, stderr, err := tool(t.Context(), "helm", "template", "kiro-demo", demoChart, "--namespace", "default", "--kube-version", kubernetes)
	if err == nil || !strings.Contains(stderr, "--namespace kiro-demo --create-namespace") {
		t.Errorf("it is rendered, or does not say what to do: %v\n%s", err, stderr)
	}
}

// deploymentOf is a Deployment as the API server has it.
func (c *cluster) deploymentOf(t *testing.T, space, name string) *appsv1.Deployment {
	t.Helper()
	d := &appsv1.Deployment{}
	if err := json.Unmarshal([]byte(c.kubectl(t, "", "get", "deployment", name, "--namespace", space, "-o", "json")), d); err != nil {
		t.Fatal(err)
	}
	return d
}

// admits: the API server takes a pod of a template, without a warning.
func (c *cluster) admits(t *testing.T, template corev1.PodTemplateSpec) {
	t.Helper()
	pod, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "pod", "namespace": demoNamespace, "labels": template.Labels}, "spec": template.Spec,
	})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := c.try(t, string(pod), "create", "--dry-run=server", "-f", "-"); err != nil || strings.Contains(out, "Warning") {
		t.Errorf("a pod is refused: %v\n%s", err, out)
	}
}

// testPods are what `helm test` would run, in its order.
func (c *cluster) testPods(t *testing.T, args []string) []corev1.Pod {
	t.Helper()
	stdout, stderr, err := tool(t.Context(), "helm", append([]string{"template", "kiro-demo", demoChart, "--namespace", demoNamespace, "--kube-version", kubernetes}, args...)...)
	if err != nil {
		t.Fatalf("helm template: %v\n%s", err, stderr)
	}
	var pods []corev1.Pod
	for _, o := range objects(t, stdout) {
		if o.GetKind() == "Pod" && o.GetAnnotations()["helm.sh/hook"] == "test" {
			pod := corev1.Pod{}
			convert(t, o, &pod)
			pods = append(pods, pod)
		}
	}
	slices.SortStableFunc(pods, func(a, b corev1.Pod) int {
		return strings.Compare(b.Annotations["helm.sh/hook-weight"], a.Annotations["helm.sh/hook-weight"])
	})
	if len(pods) != 2 || pods[0].Spec.Containers[0].Name != "cards" {
		t.Fatalf("helm test would run %d pods, want the cards' and then the doctor's", len(pods))
	}
	return pods
}

// command is a pod's container as a process: its arguments and environment, and a token of its service account.
func (c *cluster) command(t *testing.T, program string, pod corev1.PodSpec, more ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(tools, program), append(slices.Clone(pod.Containers[0].Args), more...)...)
	cmd.Env = []string{"PATH=" + tools + ":" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "XDG_CACHE_HOME=" + cacheHome(t)}
	if pod.ServiceAccountName != "" {
		kubeconfig, _ := c.as(t, demoNamespace, pod.ServiceAccountName)
		cmd.Env = append(cmd.Env, "KUBECONFIG="+kubeconfig)
	}
	for _, e := range pod.Containers[0].Env {
		if e.ValueFrom == nil {
			cmd.Env = append(cmd.Env, e.Name+"="+e.Value)
		}
	}
	return cmd
}

// cacheHome is where npm's packages may lie from an earlier demo, so that no network is needed.
func cacheHome(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// start starts a Deployment's program, with flags that take the place of its own, and returns its log.
func (c *cluster) start(t *testing.T, program, deployment string, more ...string) *buffer {
	t.Helper()
	cmd := c.command(t, program, c.deploymentOf(t, demoNamespace, deployment).Spec.Template.Spec, more...)
	log := &buffer{}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	return log
}
