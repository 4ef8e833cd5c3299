// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// uninstall is `helm uninstall` on a cluster that has a Job controller: this plays it, with the manager's program.
func (c *cluster) uninstall(t *testing.T) (doctor string, err error) {
	t.Helper()
	done := make(chan string, 1)
	go func() {
		defer close(done) // also where it fails
		done <- c.playJob(t, "kiro-worker-pre-delete")
	}()
	_, stderr, err := tool(t.Context(), "helm", "uninstall", release, "--timeout=60s", "--namespace", namespace, "--kubeconfig", c.kubeconfig)
	if err != nil {
		err = fmt.Errorf("%w: %s", err, stderr)
	}
	return <-done, err
}

// playJob waits for a Job, runs what its pod would, and says how it ended. It returns what the program said.
func (c *cluster) playJob(t *testing.T, name string) string {
	job := &batchv1.Job{}
	eventually(t, "Helm makes the Job", func() error {
		out, err := c.try(t, "", "get", "job", name, "--namespace", namespace, "-o", "json")
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return json.Unmarshal([]byte(out), job)
	})
	kubeconfig, _ := c.as(t, namespace, job.Spec.Template.Spec.ServiceAccountName)
	cmd := exec.CommandContext(t.Context(), filepath.Join(tools, "manager"), job.Spec.Template.Spec.Containers[0].Args...)
	cmd.Env = []string{"KUBECONFIG=" + kubeconfig}
	said, err := cmd.CombinedOutput()
	const now = `"2026-01-01T00:00:00Z"`
	condition := func(kind string) string {
		return fmt.Sprintf(`{"type":%q,"status":"True","lastTransitionTime":%s,"lastProbeTime":%s,"reason":"Played","message":""}`, kind, now, now)
	}
	status := `{"startTime":` + now + `,"succeeded":1,"completionTime":` + now + `,"conditions":[` + condition("SuccessCriteriaMet") + `,` + condition("Complete") + `]}`
	if err != nil {
		status = `{"startTime":` + now + `,"failed":1,"conditions":[` + condition("FailureTarget") + `,` + condition("Failed") + `]}`
	}
	if out, err := c.try(t, "", "patch", "job", name, "--namespace", namespace, "--subresource=status", "--type=merge", "-p", `{"status":`+status+`}`); err != nil {
		t.Errorf("ending the Job: %v\n%s", err, out)
	}
	return string(said)
}

// uninstalls: while a build runs it refuses, and names the build; then it takes the release away, and no object.
func uninstalls(t *testing.T, c *cluster) {
	c.item(t, "running")
	attempt := func(outcome string) {
		t.Helper()
		status, err := json.Marshal(map[string]any{"status": map[string]any{"phase": v1alpha1.PhaseRunning, "attempt": v1alpha1.Attempt{
			Number: 1, LockID: "lock", Fence: 1, Trigger: metav1.Unix(1767225600, 0), Outcome: outcome,
			Parameters: v1alpha1.FrozenParameters{AWS: v1alpha1.AWSAccess{Region: "eu-central-1"}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		c.kubectl(t, "", "patch", "workitem", "running", "--namespace", team, "--subresource=status", "--type=merge", "-p", string(status))
	}
	attempt("")
	said, err := c.uninstall(t)
	if err == nil || !strings.Contains(said, team+"/running") || !strings.Contains(said, "--no-hooks") {
		t.Fatalf("it does not refuse, or does not say what runs: %v\n%s", err, said)
	}
	if d := c.deployment(t); d.DeletionTimestamp != nil {
		t.Error("a refused uninstall takes the manager away")
	}
	// Helm deletes it before it makes the next; the player must not take it for that.
	c.kubectl(t, "", "delete", "job", "kiro-worker-pre-delete", "--namespace", namespace)
	attempt("Succeeded")
	if said, err := c.uninstall(t); err != nil {
		t.Fatalf("helm uninstall: %v\n%s", err, said)
	}
	out, err := c.try(t, "", "get", "deployment,role,rolebinding,service", "--namespace", namespace, "-o", "name")
	if err != nil || strings.Contains(out, "kiro-worker") {
		t.Errorf("an uninstall leaves %s (%v)", out, err)
	}
}
