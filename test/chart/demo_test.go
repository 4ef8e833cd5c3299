// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// account is the manager's service account, as the API server knows it.
const account = "system:serviceaccount:" + namespace + ":kiro-worker-manager"

// TestDemoByChart plays the demo's cards with a manager that the chart installed, and compares what it used of its rights
// with what it was granted: nothing is refused, and nothing is granted that is not used.
func TestDemoByChart(t *testing.T) {
	for _, tc := range []struct {
		mode   string
		values map[string]any
	}{
		{"ClusterWide", map[string]any{}},
		{"Namespaced", map[string]any{"namespaces": []string{demo.Namespace}}},
	} {
		t.Run(tc.mode, func(t *testing.T) { playDemo(t, tc.values) })
	}
}

func playDemo(t *testing.T, values map[string]any) {
	dir, log := t.TempDir(), filepath.Join(t.TempDir(), "audit.log")
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte(`
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, users: ["`+account+`"]}
  - {level: None}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var c *cluster
	var env []string
	var rendered string
	system, err := demo.Start(ctx, demo.Options{
		Dir: dir, Bin: tools, Launch: true, LogLevel: "info",
		APIServerArgs: map[string]string{"audit-policy-file": policy, "audit-log-path": log},
		Manager: func(_ context.Context, s *demo.System, args, cloudEnv []string) ([]string, []string, error) {
			c = clusterOf(t, s)
			c.kubectl(t, "", "create", "namespace", namespace)
			values["clusterName"] = "kiro-local"
			values["crds"] = map[string]any{"enabled": false} // the demo has them
			values["allowedEndpoints"] = []string{s.AWSURL, s.GitHubURL}
			// What the demo's operator allows, and its speed; addresses are the chart's matter.
			extra := []string{"--watch-interval=500ms", "--watch-slowest=1s", "--progress-interval=3s", "--settling-time=2s"}
			for _, arg := range args {
				if strings.HasPrefix(arg, "--external-ids=") {
					extra = append(extra, arg)
				}
			}
			values["extraArgs"] = extra
			path := writeValues(t, values)
			c.helm(t, "install", release, chartDir, "--values", path)
			rendered = render(t, "--values", path)
			kubeconfig, _ := c.as(t, namespace, "kiro-worker-manager")
			container := c.deployment(t).Spec.Template.Spec.Containers[0]
			env = slices.Concat(cloudEnv, []string{"KUBECONFIG=" + kubeconfig})
			return append(slices.Clone(container.Args), "--kubeconfig="+kubeconfig, "--leader-elect-namespace="+namespace,
				"--health-probe-bind-address=127.0.0.1:0", "--metrics-bind-address=127.0.0.1:0"), env, nil
		},
	})
	t.Cleanup(func() {
		if err := system.Close(); err != nil {
			t.Errorf("ending the system: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	report, err := system.Run(ctx, &demo.Log{Out: discard{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range report.Wrong {
		t.Error(wrong)
	}
	if t.Failed() {
		return
	}
	t.Run("Doctor", func(t *testing.T) { doctorIsContent(t, rendered, env) })
	takeApart(t, c)
	t.Run("Rights", func(t *testing.T) {
		seen := used(t, log)
		tell(t, granted(t, rendered), seen)
		for right := range unseen {
			seen[right] = true
		}
		if diff := cmp.Diff(granted(t, rendered), sorted(seen)); diff != "" {
			t.Errorf("rights (-granted and not used, +used):\n%s", diff)
		}
	})
}

// unseen are rights that no audit log shows, or not each run's, and why they are needed.
var unseen = map[string]string{
	"objects: create kiro-worker.io/workitems": "the API server asks for it where a patch by server-side apply makes an object",
	"objects: patch events.k8s.io/events":      "an event becomes a series only when it repeats",
	"own: patch /events":                       "an event of the election is patched only when it repeats",
}

// tell prints each right, whether it was granted, and whether it was used.
func tell(t *testing.T, granted []string, seen map[string]bool) {
	t.Helper()
	all := map[string]bool{}
	for right := range seen {
		all[right] = true
	}
	for _, right := range granted {
		all[right] = true
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "IN\tRIGHT\tGRANTED\tUSED")
	word := map[bool]string{true: "yes", false: "no"}
	for _, right := range sorted(all) {
		where, what, _ := strings.Cut(right, ": ")
		used := word[seen[right]]
		if why := unseen[right]; why != "" && !seen[right] {
			used = why
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", where, what, word[slices.Contains(granted, right)], used)
	}
	_ = w.Flush()
	t.Logf("what the API server saw the manager use, in its namespace (own) and in those of objects:\n%s", &table)
}

func clusterOf(t *testing.T, s *demo.System) *cluster {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{kubectlPath: s.Kubectl, kubeconfig: s.Kubeconfig, config: config}
}

// doctorIsContent runs the doctor as `helm test` does.
func doctorIsContent(t *testing.T, rendered string, env []string) {
	pod := find(t, objects(t, rendered), "Pod", "kiro-worker-doctor")
	var typed struct {
		Spec struct {
			Containers []struct{ Args []string }
		}
	}
	convertJSON(t, pod.Object, &typed)
	cmd := exec.CommandContext(t.Context(), filepath.Join(tools, "manager"), typed.Spec.Containers[0].Args...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	// What a role allows for the doctor alone may be left out.
	if err != nil || strings.Contains(string(out), "FAILED") {
		t.Errorf("the doctor is not content: %v\n%s", err, out)
	}
	t.Logf("manager doctor:\n%s", out)
	looked := exec.CommandContext(t.Context(), filepath.Join(tools, "manager"),
		append(typed.Spec.Containers[0].Args, "--build="+demo.Namespace+"/local", "--repository="+demo.Repository)...)
	looked.Env = env
	out, err = looked.CombinedOutput()
	if err != nil || strings.Contains(string(out), "FAILED") {
		t.Errorf("the doctor's build is not content: %v\n%s", err, out)
	}
	for _, check := range []string{"token", "push", "bucket", "agent"} {
		if !strings.Contains(string(out), check) {
			t.Errorf("the doctor's build says nothing of %s:\n%s", check, out)
		}
	}
	t.Logf("manager doctor --build:\n%s", out)
}

// takeApart deletes everything, as people do: the manager takes its finalizers off.
func takeApart(t *testing.T, c *cluster) {
	t.Helper()
	for _, kind := range []string{"worksources", "workitems", "workenvironments"} {
		c.kubectl(t, "", "delete", kind, "--all", "--namespace", demo.Namespace, "--timeout=60s")
	}
}

// granted are the rights that the rendered roles give the manager, by where they count.
func granted(t *testing.T, rendered string) []string {
	t.Helper()
	all := map[string]bool{}
	for _, grant := range grants(t, objects(t, rendered)) {
		where, right, _ := strings.Cut(strings.TrimPrefix(grant, "in "), ": ")
		if right == "delegate" { // to system:auth-delegator: tested by what metrics answer
			continue
		}
		if where == `""` || where == fmt.Sprintf("%q", demo.Namespace) {
			where = "objects"
		} else {
			where = "own"
		}
		// A name restricts what is granted; what is used is told without it.
		fields := strings.Fields(right)
		all[where+": "+fields[0]+" "+fields[1]] = true
	}
	return sorted(all)
}

// used are the rights that the API server saw the manager use.
func used(t *testing.T, log string) map[string]bool {
	t.Helper()
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	all := map[string]bool{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event struct {
			Verb           string
			UserAgent      string
			ObjectRef      *struct{ Namespace, Resource, Subresource, APIGroup string }
			ResponseStatus struct{ Code int }
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			t.Fatal(err)
		}
		// A cluster's operators see in their audit log which version asked.
		if !strings.HasPrefix(event.UserAgent, "kiro-worker-manager/") {
			t.Fatalf("the manager calls itself %q to the API server", event.UserAgent)
		}
		o := event.ObjectRef
		if o == nil || o.APIGroup == "authorization.k8s.io" { // discovery, and the doctor's questions, are anybody's
			continue
		}
		where := "objects"
		if o.Namespace == namespace {
			where = "own"
		}
		resource := o.Resource
		if o.Subresource != "" {
			resource += "/" + o.Subresource
		}
		right := fmt.Sprintf("%s: %s %s/%s", where, event.Verb, o.APIGroup, resource)
		if event.ResponseStatus.Code == 403 {
			t.Errorf("refused: %s", right)
		}
		all[right] = true
	}
	return all
}

func convertJSON(t *testing.T, from, to any) {
	t.Helper()
	content, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, to); err != nil {
		t.Fatal(err)
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
