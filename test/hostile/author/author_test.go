// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package author

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
)

// attack is what is put into every field of a type.
type attack struct {
	name string
	// worst is made of a value that is taken.
	worst func(good any) any
}

var attacks = map[string][]attack{
	"string": {
		{"long", func(any) any { return strings.Repeat("x", 100_000) }},
		{"escape", func(good any) any { return text(good) + "\x1b[2K" }},
		{"line", func(good any) any { return text(good) + "\nCloses: #12" }},
	},
	"integer": {
		{"negative", func(any) any { return int64(-1 << 40) }},
		{"huge", func(any) any { return int64(1 << 40) }},
	},
	"array": {
		{"many", func(good any) any { return slices.Repeat(good.([]any), 2000) }}, //nolint:forcetypeassert // of the schema's type
	},
}

func text(v any) string { s, _ := v.(string); return s }

// through is what the schema lets through, and why that harms nobody.
var through = map[string]string{
	"WorkEnvironment.gates.testCommand line":       "commands are one a line; they run as the agent's user",
	"WorkEnvironment.gates.setupCommand line":      "a script of the environment's author; it runs as the agent's user",
	"WorkEnvironment.gates.setupCommand escape":    "logs pass redaction, which takes terminal sequences out of what it compares",
	"WorkEnvironment.gates.testCommand escape":     "as above",
	"WorkEnvironment.agent.command[] line":         "an argument, given to no shell",
	"WorkEnvironment.agent.command[] escape":       "an argument, given to no shell",
	"WorkEnvironment.codeBuild.env[].value line":   "a variable of setup, agent and tests alone",
	"WorkEnvironment.codeBuild.env[].value escape": "a variable of setup, agent and tests alone",
}

// field is a leaf of a kind's spec.
type field struct {
	path []string // an array's element is "[]"
	kind string
}

func (f field) String() string {
	return strings.ReplaceAll(strings.Join(f.path, "."), ".[]", "[]")
}

// fields are the leaves and arrays of a schema.
func fields(schema map[string]any, path []string) []field {
	properties, _ := schema["properties"].(map[string]any)
	kind, _ := schema["type"].(string)
	switch {
	case len(properties) > 0:
		var all []field
		for name, p := range properties {
			all = append(all, fields(p.(map[string]any), append(slices.Clone(path), name))...) //nolint:forcetypeassert // a schema
		}
		return all
	case kind == "array":
		items := schema["items"].(map[string]any) //nolint:forcetypeassert // a schema
		return append(fields(items, append(slices.Clone(path), "[]")), field{path, kind})
	default:
		return []field{{path, kind}}
	}
}

// at is the value of a field, nil if the object has none; put replaces it.
func at(o any, path []string) any {
	for _, name := range path {
		switch v := o.(type) {
		case map[string]any:
			o = v[name]
		case []any:
			if len(v) == 0 {
				return nil
			}
			o = v[0]
		default:
			return nil
		}
	}
	return o
}

func put(o any, path []string, value any) {
	last := len(path) - 1
	switch v := at(o, path[:last]).(type) {
	case map[string]any:
		v[path[last]] = value
	case []any:
		v[0] = value
	}
}

// objects are the objects of testdata: each field of the kind has a good value in one of them at least.
func objects(t *testing.T, kind string) []*unstructured.Unstructured {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", strings.ToLower(kind)+"s.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for _, document := range strings.Split(string(file), "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			t.Fatal(err)
		}
		o.SetAPIVersion("kiro-worker.io/v1alpha1")
		o.SetKind(kind)
		o.SetName("x")
		o.SetNamespace("default")
		all = append(all, o)
	}
	return all
}

func specSchema(t *testing.T, kind string) map[string]any {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "..", "..", "config", "crd", "bases", "kiro-worker.io_"+strings.ToLower(kind)+"s.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema struct {
						Properties struct{ Spec map[string]any }
					} `json:"openAPIV3Schema"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(file, &crd); err != nil {
		t.Fatal(err)
	}
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties.Spec
}

// Whoever may write one of the three kinds writes the worst into each of its fields.
func TestTheWorstInEveryField(t *testing.T) {
	cluster := testenv.Client(t)
	try := func(o *unstructured.Unstructured) error {
		return cluster.Create(t.Context(), o.DeepCopy(), client.DryRunAll)
	}
	let := map[string]bool{}
	for _, kind := range []string{"WorkSource", "WorkEnvironment", "WorkItem"} {
		good := objects(t, kind)
		for n, o := range good {
			if err := try(o); err != nil {
				t.Fatalf("object %d of kind %s is to be taken: %v", n, kind, err)
			}
		}
		for _, f := range fields(specSchema(t, kind), nil) {
			base := slices.IndexFunc(good, func(o *unstructured.Unstructured) bool { return at(o.Object["spec"], f.path) != nil })
			if base < 0 {
				t.Errorf("%s.%s has no good value in testdata: add one, so that the worst can be put there", kind, f)
				continue
			}
			for _, a := range attacks[f.kind] {
				o := good[base].DeepCopy()
				put(o.Object["spec"], f.path, a.worst(at(o.Object["spec"], f.path)))
				what := fmt.Sprintf("%s.%s %s", kind, f, a.name)
				err := try(o)
				_, allowed := through[what]
				switch name := strings.TrimSuffix(f.path[len(f.path)-1], "[]"); {
				case err == nil && !allowed:
					t.Errorf("%s was taken", what)
				case err == nil:
					let[what] = true
				case name != "[]" && !strings.Contains(err.Error(), name):
					t.Errorf("%s was refused for something else: %.300s", what, err)
				}
			}
		}
	}
	for what := range through {
		if !let[what] {
			t.Errorf("%s is refused: take it out of the list", what)
		}
	}
}
