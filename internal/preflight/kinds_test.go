// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preflight_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/preflight"
)

// TestKinds takes fields out of the CRDs of a real API server, one after the other, and puts them back.
func TestKinds(t *testing.T) {
	becomes(t, func(err error) bool { return err == nil })
	properties := []string{"openAPIV3Schema", "properties"}
	cases := map[string]struct {
		crd  string
		path []string // below the schema's properties
		says string
	}{
		"a field of the spec":    {"workenvironments", []string{"spec", "properties", "concurrency"}, "WorkEnvironment spec.concurrency"},
		"a field of the status":  {"workenvironments", []string{"status", "properties", "manager"}, "WorkEnvironment status.manager"},
		"a field further down":   {"workenvironments", []string{"spec", "properties", "lock", "properties", "leaseDuration"}, "WorkEnvironment spec.lock.leaseDuration"},
		"a field of a list":      {"workenvironments", []string{"spec", "properties", "notifications", "items", "properties", "queueURL"}, "WorkEnvironment spec.notifications[].queueURL"},
		"a field of another":     {"worksources", []string{"spec", "properties", "suspend"}, "WorkSource spec.suspend"},
		"a field of the attempt": {"workitems", []string{"status", "properties", "attempt", "properties", "fence"}, "WorkItem status.attempt.fence"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			restore := without(t, tc.crd, append(append([]string{}, properties...), tc.path...))
			becomes(t, func(err error) bool {
				return err != nil && strings.Contains(err.Error(), tc.says) && strings.Contains(err.Error(), "apply the CRDs of this version")
			})
			restore()
			becomes(t, func(err error) bool { return err == nil })
		})
	}
}

func TestKindsAreAbsent(t *testing.T) {
	config := testenv.Config()
	config.Impersonate = rest.ImpersonationConfig{UserName: "nobody", Groups: []string{"system:unauthenticated"}}
	if err := preflight.Kinds(t.Context(), config); err == nil || !strings.Contains(err.Error(), "system:discovery") {
		t.Errorf("a client without any right: %v", err)
	}
	config = testenv.Config()
	config.Host = "https://127.0.0.1:1"
	if err := preflight.Kinds(t.Context(), config); err == nil {
		t.Error("an API server that is gone has the kinds")
	}
}

// becomes waits for the API server, which describes a changed CRD a moment later.
func becomes(t *testing.T, good func(error) bool) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = preflight.Kinds(t.Context(), testenv.Config()); good(err) {
			return
		}
	}
	t.Fatalf("still: %v", err)
}

// without takes a property out of a CRD's schema and returns what puts it back. What else names the property goes with it.
func without(t *testing.T, plural string, path []string) (restore func()) {
	t.Helper()
	c, err := client.New(testenv.Config(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	crd := &unstructured.Unstructured{}
	crd.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
	key := client.ObjectKey{Name: plural + ".kiro-worker.io"}
	if err := c.Get(t.Context(), key, crd); err != nil {
		t.Fatal(err)
	}
	whole := crd.DeepCopy()
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	version, _ := versions[0].(map[string]any)
	if _, found, _ := unstructured.NestedFieldNoCopy(version, append([]string{"schema"}, path...)...); !found {
		t.Fatalf("the CRD has no %v", path)
	}
	unstructured.RemoveNestedField(version, append([]string{"schema"}, path...)...)
	drop(version, path[len(path)-1])
	if err := unstructured.SetNestedSlice(crd.Object, versions, "spec", "versions"); err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), crd); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := c.Get(t.Context(), key, crd); err != nil {
			t.Fatal(err)
		}
		crd.Object["spec"] = whole.Object["spec"]
		if err := c.Update(t.Context(), crd); err != nil {
			t.Fatal(err)
		}
	}
}

// drop removes what an API server would refuse without the property that it names: rules, columns, and its place in lists of
// required fields.
func drop(value any, name string) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range []string{"x-kubernetes-validations", "additionalPrinterColumns", "selectableFields"} {
			if _, is := v[key].([]any); is {
				delete(v, key)
			}
		}
		if required, is := v["required"].([]any); is {
			v["required"] = slices.DeleteFunc(required, func(field any) bool { return field == name })
		}
		for _, inner := range v {
			drop(inner, name)
		}
	case []any:
		for _, inner := range v {
			drop(inner, name)
		}
	}
}
