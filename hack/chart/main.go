// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command chart writes what the Helm chart has in common with config: the CRDs, the rules of the manager's role, alerts and
// dashboards, and, in the schema of its values, the specs of environments and sources. Run it from the repository's root, after
// `make generate`; the one argument is the chart's directory to write to.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

const (
	crds   = "config/crd/bases"
	role   = "config/rbac/role.yaml"
	alerts = "config/prometheus/rules/alerts.yaml"
	boards = "config/grafana/dashboards"
	schema = "charts/kiro-worker/values.schema.yaml"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: chart DIRECTORY")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func write(chart string) error {
	dir := filepath.Join(chart, "files", "crds")
	// A kind that was removed must not stay in the chart.
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("emptying %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	files, err := filepath.Glob(filepath.Join(crds, "*.yaml"))
	if err != nil {
		return fmt.Errorf("listing %s: %w", crds, err)
	}
	specs := map[string]any{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("reading a CRD: %w", err)
		}
		if err := writeFile(filepath.Join(dir, filepath.Base(file)), content); err != nil {
			return err
		}
		plural, spec, err := specOf(content)
		if err != nil {
			return fmt.Errorf("reading %s: %w", file, err)
		}
		specs[plural] = spec
	}
	if err := copyFile(role, filepath.Join(chart, "files", "manager-role.yaml")); err != nil {
		return err
	}
	if err := writeMonitoring(filepath.Join(chart, "files")); err != nil {
		return err
	}
	return writeSchema(filepath.Join(chart, "values.schema.json"), specs)
}

// writeMonitoring copies the alerts and the dashboards. One that was removed must not stay in the chart.
func writeMonitoring(files string) error {
	dashboards, err := filepath.Glob(filepath.Join(boards, "*.json"))
	if err != nil {
		return fmt.Errorf("listing %s: %w", boards, err)
	}
	for dir, sources := range map[string][]string{"rules": {alerts}, "dashboards": dashboards} {
		dir = filepath.Join(files, dir)
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("emptying %s: %w", dir, err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("making %s: %w", dir, err)
		}
		for _, source := range sources {
			if err := copyFile(source, filepath.Join(dir, filepath.Base(source))); err != nil {
				return err
			}
		}
	}
	return nil
}

// specOf returns a CRD's plural and the schema of its spec, made strict.
func specOf(content []byte) (plural string, spec any, err error) {
	var crd struct {
		Spec struct {
			Names    struct{ Plural string }
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema struct {
						Properties map[string]map[string]any
					}
				}
			}
		}
	}
	if err := yaml.Unmarshal(content, &crd); err != nil {
		return "", nil, err
	}
	if len(crd.Spec.Versions) == 0 {
		return "", nil, fmt.Errorf("no version")
	}
	s := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
	strict(s)
	return crd.Spec.Names.Plural, s, nil
}

// strict refuses fields that a schema does not name, as the API server would only warn of them, and drops what JSON
// Schema does not know.
func strict(value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, child := range v {
			// A property may be called "format"; there its value is a schema.
			_, text := child.(string)
			if strings.HasPrefix(key, "x-kubernetes-") || text && (key == "format" || key == "description") {
				delete(v, key)
				continue
			}
			strict(child)
		}
		if _, named := v["properties"].(map[string]any); named && v["type"] == "object" && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
	case []any:
		for _, child := range v {
			strict(child)
		}
	}
}

func writeSchema(path string, specs map[string]any) error {
	content, err := os.ReadFile(schema)
	if err != nil {
		return fmt.Errorf("reading the schema of the values: %w", err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(content, &values); err != nil {
		return fmt.Errorf("reading %s: %w", schema, err)
	}
	definitions, ok := values["definitions"].(map[string]any)
	if !ok {
		return fmt.Errorf("%s has no definitions", schema)
	}
	for _, plural := range []string{"workenvironments", "worksources"} {
		if specs[plural] == nil {
			return fmt.Errorf("%s has no CRD of %s", crds, plural)
		}
		definitions[plural] = specs[plural]
	}
	out, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the schema: %w", err)
	}
	return writeFile(path, append(out, '\n'))
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("reading %s: %w", from, err)
	}
	return writeFile(to, content)
}

func writeFile(path string, content []byte) error {
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
