// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/controlplane"
)

// cluster is the API server that every test here asks: only it can say what it refuses.
var (
	plane   *controlplane.ControlPlane
	cluster client.Client
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if plane, err = controlplane.Start(controlplane.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := plane.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if cluster, err = client.New(plane.Config, client.Options{Scheme: scheme}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

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
	err := cluster.Create(context.Background(), o)
	if err == nil {
		t.Cleanup(func() {
			if err := client.IgnoreNotFound(cluster.Delete(context.Background(), o)); err != nil {
				t.Error(err)
			}
		})
	}
	return err
}
