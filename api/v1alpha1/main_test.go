// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// The smallest object of each kind that is taken.
const (
	smallestSource = `
apiVersion: kiro-worker.io/v1alpha1
kind: WorkSource
metadata: {generateName: s-, namespace: default}
spec:
  environmentRef: {name: test}
  github:
    owner: acme
    projectNumber: 7
    credentials: {secretRef: {name: github}}
`
	smallestEnvironment = `
apiVersion: kiro-worker.io/v1alpha1
kind: WorkEnvironment
metadata: {generateName: e-, namespace: default}
spec:
  aws: {region: eu-central-1}
  lock: {tableName: locks}
  codeBuild: {projectName: worker}
  credentials: {githubTokenSecretARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:github-AbCdEf"}
  artifacts: {bucket: artifacts}
`
	smallestItem = `
apiVersion: kiro-worker.io/v1alpha1
kind: WorkItem
metadata: {generateName: i-, namespace: default}
spec:
  environmentRef: {name: test}
  repository: acme/shop
  branch: feature/one
`
)

var smallest = map[string]string{
	"WorkSource": smallestSource, "WorkEnvironment": smallestEnvironment, "WorkItem": smallestItem,
}

// change is one field set to a value, given as YAML; an empty value removes it.
type change struct {
	path  []string
	value string
}

func set(value string, path ...string) change { return change{path: path, value: value} }

// object is the smallest object of a kind, changed. It is unstructured, so that the API server sees what a person
// would write and not what our types would make of it.
func object(t *testing.T, kind string, changes ...change) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(smallest[kind]), &o.Object); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if c.value == "" {
			unstructured.RemoveNestedField(o.Object, c.path...)
			continue
		}
		var value any
		if err := yaml.Unmarshal([]byte(c.value), &value); err != nil {
			t.Fatal(err)
		}
		if n, ok := value.(float64); ok {
			value = int64(n)
		}
		if err := unstructured.SetNestedField(o.Object, value, c.path...); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func create(t *testing.T, o *unstructured.Unstructured) error {
	t.Helper()
	cluster := testenv.Client(t)
	err := cluster.Create(t.Context(), o)
	if err == nil {
		t.Cleanup(func() {
			if err := client.IgnoreNotFound(cluster.Delete(context.Background(), o)); err != nil {
				t.Error(err)
			}
		})
	}
	return err
}
