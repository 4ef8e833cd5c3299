// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

const team = "team"

// TestInstall is one installation's life, on a real API server: the previous chart, an upgrade, work by the manager itself,
// an uninstall, and the same again.
func TestInstall(t *testing.T) {
	c := ownCluster(t)
	for _, name := range []string{namespace, team, "team-a", "team-b"} {
		c.kubectl(t, "", "create", "namespace", name)
	}
	c.kubectl(t, "", "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
	// Nobody answers there: what is tested is the cluster's side.
	nowhere := httptest.NewServer(http.NotFoundHandler())
	defer nowhere.Close()
	values := installValues(t, nowhere.URL)

	notes := c.helm(t, "install", release, previousChart(t), "--values", values)
	if !strings.Contains(notes, "helm upgrade "+release) || c.names(t, "workenvironments") != "" {
		t.Fatalf("kinds and objects cannot come in one step, and the notes must say so:\n%s", notes)
	}
	item := c.item(t, "first")

	notes = c.helm(t, "upgrade", release, chartDir, "--values", values)
	if got := c.names(t, "workenvironments,worksources"); !strings.Contains(got, "staging") || !strings.Contains(got, "board") {
		t.Errorf("the upgrade made %q; its notes:\n%s", got, notes)
	}
	c.lives(t, "an upgrade", item)

	t.Run("DryRun", func(t *testing.T) { dryRuns(t, c) })
	t.Run("PodSecurity", func(t *testing.T) { podSecurity(t, c) })
	t.Run("Manager", func(t *testing.T) { managerWorks(t, c) })
	t.Run("Metrics", func(t *testing.T) { metricsAreVerified(t, c, values) })
	t.Run("Policies", func(t *testing.T) { policies(t, c, values) })

	t.Run("Uninstall", func(t *testing.T) { uninstalls(t, c) })
	c.lives(t, "an uninstall", item)
	c.lives(t, "an uninstall", c.uid(t, "workenvironment", "staging"))

	c.helm(t, "install", release, chartDir, "--values", values)
	c.lives(t, "a second installation", item)
	t.Run("ManagerAgain", func(t *testing.T) { c.startManager(t) })
}

func installValues(t *testing.T, endpoint string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/objects.in.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(content, &values); err != nil {
		t.Fatal(err)
	}
	delete(values, "crds")
	values["allowedEndpoints"] = []string{endpoint}
	values["metrics"] = map[string]any{"scrapers": []map[string]any{{"namespace": team, "name": "scraper"}}}
	environments, _ := values["environments"].([]any)
	environment, _ := environments[0].(map[string]any)
	spec, _ := environment["spec"].(map[string]any)
	aws, _ := spec["aws"].(map[string]any)
	aws["endpointURL"] = endpoint
	return writeValues(t, values)
}

func writeValues(t *testing.T, values map[string]any) string {
	t.Helper()
	content, err := yaml.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// previousChart is the chart that people have: the last tag's, or, as long as nothing was released, the first that there was.
func previousChart(t *testing.T) string {
	t.Helper()
	commit, err := git(t, "describe", "--tags", "--abbrev=0")
	if err != nil {
		added, err := git(t, "log", "--diff-filter=A", "--format=%H", "--", "charts/kiro-worker/Chart.yaml")
		commits := strings.Fields(added)
		if err != nil || len(commits) == 0 {
			t.Fatalf("there is no earlier chart in the history (%v); a shallow clone has none: git fetch --unshallow", err)
		}
		commit = commits[len(commits)-1]
	}
	dir := t.TempDir()
	archive := filepath.Join(dir, "chart.tar")
	if _, err := git(t, "archive", "--output", archive, strings.TrimSpace(commit), "charts/kiro-worker"); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "tar", "-xf", archive, "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "charts", "kiro-worker")
}

func git(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", "../.."}, args...)...).Output()
	return strings.TrimSpace(string(out)), err
}

// names are the objects of kinds in the team's namespace.
func (c *cluster) names(t *testing.T, kinds string) string {
	t.Helper()
	var out string
	// A kind that came just now is known a moment later.
	eventually(t, "listing "+kinds, func() (err error) {
		if out, err = c.try(t, "", "get", kinds, "--namespace", team, "-o", "name"); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	return strings.TrimSpace(out)
}

// object is one object, as long as it lives.
type object struct{ kind, name, uid string }

func (c *cluster) uid(t *testing.T, kind, name string) object {
	t.Helper()
	return object{kind, name, c.kubectl(t, "", "get", kind, name, "--namespace", team, "-o", "jsonpath={.metadata.uid}")}
}

func (c *cluster) lives(t *testing.T, through string, o object) {
	t.Helper()
	if got := c.uid(t, o.kind, o.name); got != o {
		t.Errorf("%s %s did not live through %s", o.kind, o.name, through)
	}
}

// item makes a work item by hand, as anybody may.
func (c *cluster) item(t *testing.T, name string, args ...string) object {
	t.Helper()
	eventually(t, "making an item", func() error {
		if out, err := c.makeItem(t, name, 0, args...); err != nil {
			return errors.New(out)
		}
		return nil
	})
	return c.uid(t, "workitem", name)
}

func (c *cluster) makeItem(t *testing.T, name string, priority int, args ...string) (string, error) {
	t.Helper()
	return c.try(t, fmt.Sprintf(`
apiVersion: kiro-worker.io/v1alpha1
kind: WorkItem
metadata: {name: %s, namespace: %s}
spec:
  environmentRef: {name: staging}
  repository: example/shop
  branch: feature/%s
  priority: %d
`, name, team, name, priority), append([]string{"apply", "-f", "-"}, args...)...)
}

// dryRuns has the API server look at everything that the matrix renders, but for kinds of other programs.
func dryRuns(t *testing.T, c *cluster) {
	skip := strings.Split(foreign, ",")
	for _, in := range inputs(t) {
		var documents []string
		// Under another name, so that nothing is merged with what is installed.
		stdout, stderr, err := tool(t.Context(), "helm", "template", "dry", chartDir, "--namespace", namespace, "--values", in.file)
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		for _, o := range objects(t, stdout) {
			if slices.Contains(skip, o.GetKind()) {
				continue
			}
			content, err := yaml.Marshal(o.Object)
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, string(content))
		}
		out, err := c.try(t, strings.Join(documents, "---\n"), "apply", "--server-side", "--force-conflicts", "--dry-run=server",
			"--validate=strict", "-f", "-")
		if err != nil || strings.Contains(out, "Warning") {
			t.Errorf("%s: %v\n%s", in.name, err, out)
		}
	}
}

// podSecurity: the namespace enforces the level "restricted", and the pod passes.
func podSecurity(t *testing.T, c *cluster) {
	template := c.deployment(t).Spec.Template
	pod := func(template any) string {
		content, err := yaml.Marshal(map[string]any{
			"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "pod", "namespace": namespace}, "spec": template,
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	if out, err := c.try(t, pod(template.Spec), "create", "--dry-run=server", "-f", "-"); err != nil || strings.Contains(out, "Warning") {
		t.Errorf("the pod is refused: %v\n%s", err, out)
	}
	template.Spec.Containers[0].SecurityContext = nil
	if out, err := c.try(t, pod(template.Spec), "create", "--dry-run=server", "-f", "-"); err == nil || !strings.Contains(out, "restricted") {
		t.Errorf("nothing is enforced here: %v\n%s", err, out)
	}
}

// managerWorks runs the manager as the Deployment would, and looks at what it does with its rights.
func managerWorks(t *testing.T, c *cluster) {
	manager := c.startManager(t)
	for _, o := range []string{"workenvironment/staging", "worksource/board", "workitem/first"} {
		eventually(t, o+" is looked at", func() error {
			out, err := c.try(t, "", "get", o, "--namespace", team, "-o", `jsonpath={.status.conditions[*].type}`)
			if err != nil || out == "" {
				return fmt.Errorf("%q, %w\n%s", out, err, manager.log)
			}
			return nil
		})
	}
	if strings.Contains(manager.log.String(), "forbidden") {
		t.Errorf("it lacks a right:\n%s", manager.log)
	}
	metricsAreGuarded(t, c, manager.metrics)
}

// metricsAreGuarded: who scrapes is asked for a token, and only whom metrics.scrapers names may.
func metricsAreGuarded(t *testing.T, c *cluster, address string) {
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	tokens := map[string]int{"": http.StatusUnauthorized}
	for name, want := range map[string]int{"scraper": http.StatusOK, "other": http.StatusForbidden} {
		c.kubectl(t, "", "create", "serviceaccount", name, "--namespace", team)
		_, token := c.as(t, team, name)
		tokens[token] = want
	}
	for token, want := range tokens {
		code, body, err := get(client, "https://"+address+"/metrics", token)
		if code != want {
			t.Errorf("metrics answer %d, want %d (%v)", code, want, err)
		}
		if code == http.StatusOK && !strings.Contains(body, "kiro_worker_build_info{") {
			t.Errorf("metrics do not say which manager runs:\n%s", body)
		}
	}
}

// policies: what only trusted people may do, others may not; what they have done, others may leave as it is.
func policies(t *testing.T, c *cluster, values string) {
	c.helm(t, "upgrade", release, chartDir, "--values", values, "--set",
		"admissionPolicies.enabled=true,admissionPolicies.maxPriority=50,admissionPolicies.trusted.users[0]=alice")
	for _, name := range []string{"alice", "bob"} {
		c.kubectl(t, "", "create", "rolebinding", name, "--namespace", team, "--clusterrole=cluster-admin", "--user="+name)
	}
	bob, alice := "--as=bob", "--as=alice"
	// A policy counts a moment after it was made.
	refused := func(what string, try func() (string, error)) {
		t.Helper()
		eventually(t, what+" is refused", func() error {
			out, err := try()
			if err == nil || !strings.Contains(out, "whom the operators of Kiro Worker name") {
				return fmt.Errorf("%s, %w", out, err)
			}
			return nil
		})
	}
	allowed := func(what, out string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s is refused: %v\n%s", what, err, out)
		}
	}
	refused("a priority above the limit", func() (string, error) { return c.makeItem(t, "urgent", 51, bob, "--dry-run=server") })
	out, err := c.makeItem(t, "ordinary", 50, bob)
	allowed("a priority at the limit", out, err)
	out, err = c.makeItem(t, "urgent", 51, alice)
	allowed("a trusted person's", out, err)
	out, err = c.try(t, "", "label", "workitem", "urgent", "--namespace", team, "seen=true", bob)
	allowed("a change of something else", out, err)

	force := []string{"annotate", "workitem", "urgent", "--namespace", team, "kiro-worker.io/force-delete=true"}
	refused("force-delete", func() (string, error) { return c.try(t, "", append(force, bob, "--dry-run=server")...) })
	out, err = c.try(t, "", append(force, alice)...)
	allowed("force-delete by a trusted person", out, err)
	out, err = c.try(t, "", "label", "workitem", "urgent", "--namespace", team, "seen=twice", "--overwrite", bob)
	allowed("a change of something else", out, err)

	command := []string{"patch", "workenvironment", "staging", "--namespace", team, "--type=merge", "-p", `{"spec":{"agent":{"preset":"command","command":["/bin/sh"]}}}`}
	refused("an agent's command", func() (string, error) { return c.try(t, "", append(command, bob, "--dry-run=server")...) })
	out, err = c.try(t, "", append(command, alice)...)
	allowed("an agent's command by a trusted person", out, err)
}
