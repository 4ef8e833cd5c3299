// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// TestChartAndKustomizeAgree: whoever installs by one gets the rights and the processes that the other gives.
func TestChartAndKustomizeAgree(t *testing.T) {
	for _, tc := range []struct {
		overlay, why string
		values       []string
	}{
		{"default", "what is installed without a wish", []string{"clusterName=prod"}},
		{"namespaced", "one namespace", []string{"clusterName=prod", "namespaces[0]=team"}},
		{"prometheus", "with the Prometheus operator and cert-manager", []string{"clusterName=prod", "metrics.tls.mode=certManager,metrics.serviceMonitor.enabled=true,prometheusRule.enabled=true"}},
	} {
		t.Run(tc.overlay, func(t *testing.T) {
			chart := objects(t, render(t, "--set", strings.Join(tc.values, ",")))
			config := kustomize(t, tc.overlay)
			t.Run("Grants", func(t *testing.T) {
				if diff := cmp.Diff(grants(t, config), grants(t, chart)); diff != "" {
					t.Errorf("%s: what the manager may do (-config +chart):\n%s", tc.why, diff)
				}
			})
			t.Run("Objects", func(t *testing.T) {
				if diff := cmp.Diff(made(t, config), made(t, chart)); diff != "" {
					t.Errorf("%s: what is made (-config +chart):\n%s", tc.why, diff)
				}
			})
		})
	}
}

// kustomize builds an overlay of config; for a component, config/default with it.
func kustomize(t *testing.T, overlay string) []*unstructured.Unstructured {
	t.Helper()
	dir := filepath.Join("..", "..", "config", overlay)
	if content, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml")); err != nil {
		t.Fatal(err)
	} else if strings.Contains(string(content), "kind: Component") {
		work := t.TempDir()
		if err := os.CopyFS(work, os.DirFS(filepath.Join("..", "..", "config"))); err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(work, "default")
		path := filepath.Join(dir, "kustomization.yaml")
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(content), "# - ../"+overlay, "  - ../"+overlay, 1)
		if changed == string(content) {
			t.Fatalf("config/default does not say how %s is added", overlay)
		}
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr, err := tool(t.Context(), "kustomize", "build", dir)
	if err != nil {
		t.Fatalf("kustomize build: %v\n%s", err, stderr)
	}
	return objects(t, stdout)
}

// grants are what the manager's service account may do: where, what on what, and of which names.
func grants(t *testing.T, all []*unstructured.Unstructured) []string {
	t.Helper()
	rules := map[string][]rbacv1.PolicyRule{"ClusterRole /system:auth-delegator": {{Verbs: []string{"delegate"}}}}
	for _, o := range all {
		if o.GetKind() == "Role" || o.GetKind() == "ClusterRole" {
			role := rbacv1.Role{}
			convert(t, o, &role)
			rules[o.GetKind()+" "+role.Namespace+"/"+role.Name] = role.Rules
		}
	}
	granted := map[string]bool{}
	for _, o := range all {
		if o.GetKind() != "RoleBinding" && o.GetKind() != "ClusterRoleBinding" {
			continue
		}
		binding := rbacv1.RoleBinding{}
		convert(t, o, &binding)
		if s := binding.Subjects; len(s) != 1 || s[0].Name != "kiro-worker-manager" || s[0].Namespace != namespace {
			t.Errorf("%s is bound to %v", binding.Name, s)
		}
		key := binding.RoleRef.Kind + " /" + binding.RoleRef.Name
		if binding.RoleRef.Kind == "Role" {
			key = "Role " + binding.Namespace + "/" + binding.RoleRef.Name
		}
		bound, ok := rules[key]
		if !ok {
			t.Errorf("%s binds %s, which is not there", binding.Name, key)
		}
		for _, right := range rights(bound) {
			granted[fmt.Sprintf("in %q: %s", binding.Namespace, right)] = true
		}
	}
	return sorted(granted)
}

// rights are rules taken apart, each a verb on a resource.
func rights(rules []rbacv1.PolicyRule) []string {
	all := map[string]bool{}
	for _, rule := range rules {
		names := ""
		if len(rule.ResourceNames) > 0 {
			names = " " + strings.Join(rule.ResourceNames, ",")
		}
		for _, verb := range rule.Verbs {
			for _, url := range rule.NonResourceURLs {
				all[verb+" "+url] = true
			}
			for _, group := range rule.APIGroups {
				for _, resource := range rule.Resources {
					all[verb+" "+group+"/"+resource+names] = true
				}
			}
			if len(rule.APIGroups) == 0 && len(rule.NonResourceURLs) == 0 {
				all[verb] = true
			}
		}
	}
	return sorted(all)
}

func sorted(set map[string]bool) []string {
	all := make([]string, 0, len(set))
	for key := range set {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

// What differs between the two by nature: labels, and where they are repeated to choose by.
var ownLabels = regexp.MustCompile(`^(app\.kubernetes\.io/.*|helm\.sh/.*)$`)

// made are the objects by kind, namespace and name, without labels that say who made them. Roles and bindings are
// compared by what they grant; the namespace is Helm's own business; CRDs and the metrics' reader have tests of their own.
func made(t *testing.T, rendered []*unstructured.Unstructured) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, o := range rendered {
		name := o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
		switch o.GetKind() {
		case "Namespace", "Role", "RoleBinding", "ClusterRoleBinding", "CustomResourceDefinition":
			continue
		case "ClusterRole":
			if _, people := o.GetLabels()["rbac.authorization.k8s.io/aggregate-to-"+strings.TrimPrefix(o.GetName(), "kiro-worker-")]; !people {
				continue
			}
		case "Deployment":
			expandClusterName(t, o)
		case "NetworkPolicy": // only the chart has a doctor to choose too
			unstructured.RemoveNestedField(o.Object, "spec", "podSelector")
		case "Pod", "Job":
			continue // the chart's test, and its hook
		}
		content, ok := withoutLabels(o.DeepCopy().Object).(map[string]any)
		if !ok {
			t.Fatalf("%s is no object", name)
		}
		all[name] = content
	}
	return all
}

func withoutLabels(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, child := range v {
			if ownLabels.MatchString(key) {
				delete(v, key)
				continue
			}
			v[key] = withoutLabels(child)
			if m, ok := v[key].(map[string]any); ok && len(m) == 0 && (key == "labels" || key == "matchLabels" || key == "selector") {
				delete(v, key)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutLabels(v[i])
		}
	}
	return value
}

// expandClusterName has config's Deployment say the name where the chart's says it, as `make deploy CLUSTER_NAME=prod`
// would, and takes the image's name away.
func expandClusterName(t *testing.T, deployment *unstructured.Unstructured) {
	t.Helper()
	containers, _, err := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	if err != nil || len(containers) != 1 {
		t.Fatalf("%d containers: %v", len(containers), err)
	}
	container, _ := containers[0].(map[string]any)
	delete(container, "image")
	args, _ := container["args"].([]any)
	for i := range args {
		args[i] = strings.ReplaceAll(fmt.Sprint(args[i]), "$(CLUSTER_NAME)", "prod")
	}
	slices.SortFunc(args, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	env, _ := container["env"].([]any)
	container["env"] = slices.DeleteFunc(env, func(v any) bool {
		m, _ := v.(map[string]any)
		return m["name"] == "CLUSTER_NAME"
	})
	if err := unstructured.SetNestedSlice(deployment.Object, containers, "spec", "template", "spec", "containers"); err != nil {
		t.Fatal(err)
	}
}

func convert(t *testing.T, from *unstructured.Unstructured, to any) {
	t.Helper()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(from.Object, to); err != nil {
		t.Fatal(err)
	}
}
