// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
)

// foreign are kinds of other programs, which this API server does not know.
const foreign = "ServiceMonitor,PodMonitor,PrometheusRule,Issuer,Certificate"

// TestConforms has kubeconform look at everything that is rendered, by the API server's own schemas: it refuses a field
// that no schema names, which the API server would drop.
func TestConforms(t *testing.T) {
	schemas := writeSchemas(t)
	ours, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	rendered := filepath.Join(t.TempDir(), "crds.yaml")
	demo, stderr, err := tool(t.Context(), "helm", "template", "kiro-demo", demoChart, "--namespace", demoNamespace, "--kube-version", kubernetes)
	if err != nil {
		t.Fatalf("helm template: %v\n%s", err, stderr)
	}
	if err := os.WriteFile(rendered, []byte(render(t, "--set", "clusterName=prod")+"\n---\n"+demo), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(ours, "*.out.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	args := []string{
		"-strict", "-summary", "-skip", foreign,
		"-schema-location", filepath.Join(schemas, "{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json"),
	}
	stdout, stderr, err := tool(t.Context(), "kubeconform", append(append(args, rendered), files...)...)
	if err != nil {
		t.Errorf("kubeconform: %v\n%s%s", err, stdout, stderr)
	}
	t.Log(stdout)
}

// writeSchemas writes the API server's schemas as kubeconform reads them: a file a kind, with all that it refers to, and
// strict.
func writeSchemas(t *testing.T) string {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(plane.Config)
	if err != nil {
		t.Fatal(err)
	}
	body, err := client.RESTClient().Get().AbsPath("/openapi/v2").SetHeader("Accept", "application/json").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var api struct {
		Definitions map[string]map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(body, &api); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, definition := range api.Definitions {
		kinds, _ := definition["x-kubernetes-group-version-kind"].([]any)
		for _, kind := range kinds {
			gvk, _ := kind.(map[string]any)
			content, err := json.Marshal(closure(api.Definitions, name))
			if err != nil {
				t.Fatal(err)
			}
			group := gvk["group"]
			if group == "" {
				group = "v1" // as kubeconform has it
			}
			file := strings.ToLower(fmt.Sprintf("%v_%v_%v.json", group, gvk["version"], gvk["kind"]))
			if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	writeOurs(t, dir)
	return dir
}

// writeOurs writes the schemas of the chart's CRDs, strict.
func writeOurs(t *testing.T, dir string) {
	t.Helper()
	for _, crd := range objects(t, render(t, "--set", "clusterName=prod", "--show-only", "templates/crds.yaml")) {
		kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
		versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
		for _, v := range versions {
			version, _ := v.(map[string]any)
			schema, ok, err := unstructured.NestedMap(version, "schema", "openAPIV3Schema")
			if !ok || err != nil {
				t.Fatalf("%s has no schema: %v", crd.GetName(), err)
			}
			strict(schema)
			content, err := json.Marshal(schema)
			if err != nil {
				t.Fatal(err)
			}
			file := strings.ToLower(fmt.Sprintf("kiro-worker.io_%v_%s.json", version["name"], kind))
			if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// strict has every object with named properties refuse others.
func strict(value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, child := range v {
			strict(child)
		}
		if _, named := v["properties"].(map[string]any); named && v["type"] == "object" {
			v["additionalProperties"] = false
		}
	case []any:
		for _, child := range v {
			strict(child)
		}
	}
}

// closure is one definition with all that it refers to.
func closure(definitions map[string]map[string]any, name string) map[string]any {
	needed := map[string]any{}
	var add func(name string)
	var look func(value any)
	look = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				add(strings.TrimPrefix(ref, "#/definitions/"))
			}
			for _, child := range v {
				look(child)
			}
		case []any:
			for _, child := range v {
				look(child)
			}
		}
	}
	add = func(name string) {
		if needed[name] != nil {
			return
		}
		definition := map[string]any{}
		for key, value := range definitions[name] {
			definition[key] = value
		}
		// A quantity may be a number, and so may a port.
		if format := definition["format"]; format == "int-or-string" || strings.HasSuffix(name, "resource.Quantity") {
			definition = map[string]any{"type": []string{"string", "integer", "number"}}
		}
		if definition["properties"] != nil && definition["additionalProperties"] == nil && definition["x-kubernetes-preserve-unknown-fields"] == nil {
			definition["additionalProperties"] = false
		}
		needed[name] = definition
		look(definition)
	}
	add(name)
	return map[string]any{"$ref": "#/definitions/" + name, "definitions": needed}
}
