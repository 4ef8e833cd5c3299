// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// planted is a token as people paste it where it does not belong.
const planted = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"

// unpack reads an archive.
func unpack(t *testing.T, file string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(zip); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(header.Name, "kiro-worker-support/")] = string(text)
	}
}

// TestSupportBundle: what a report needs is in it, and a secret that somebody wrote into an object, an event or an error is not.
func TestSupportBundle(t *testing.T) {
	w := newWorld(t)
	deployment := w.manager()
	w.environment("env", func(e *v1alpha1.WorkEnvironment) {
		e.Spec.CodeBuild.Env = []v1alpha1.EnvironmentVariable{{Name: "PASSPHRASE", Value: "no rule knows this one"}}
		e.Annotations = map[string]string{"note": "token " + planted}
	})
	w.item("shop", func(i *v1alpha1.WorkItem) {
		ended("TestsFailed")(i)
		i.Status.Conditions[0].Message = "the command said " + planted
	})
	w.must(w.client.Create(t.Context(), &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "shop.1"}, Type: "Warning", Reason: "TestsFailed", Message: "it said " + planted,
		InvolvedObject: corev1.ObjectReference{Kind: "WorkItem", Namespace: w.namespace, Name: "shop"},
	}))
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "manager-1", Labels: deployment.Spec.Template.Labels}, Spec: deployment.Spec.Template.Spec}
	w.must(w.client.Create(t.Context(), pod))
	seen := w.cluster(t.Context(), 0)
	given := filepath.Join(t.TempDir(), "metrics.txt")
	w.must(os.WriteFile(given, []byte("kiro_worker_manager_leader 1\n"), 0o600))
	file := filepath.Join(t.TempDir(), "bundle.tar.gz")
	answer := w.call("support-bundle", "--output", file, "--manager-namespace", w.namespace, "--metrics", given)
	answer.want(t, exitOK, file, "look through it before you send it", "not in it: manager/metrics/manager-1.txt")
	<-seen

	files := unpack(t, file)
	for name, text := range map[string]string{
		"versions.txt": "Kubernetes v1.", "objects/workenvironments/env.yaml": "PASSPHRASE", "objects/workitems/shop.yaml": "TestsFailed",
		"events/" + w.namespace + "/events/shop.1.yaml": "TestsFailed", "manager/deployment.yaml": deployment.Spec.Template.Spec.Containers[0].Image,
		"manager/pods/manager-1.yaml": "manager", "manager/metrics/given.txt": "kiro_worker_manager_leader 1", "errors.txt": "manager/metrics/manager-1.txt",
		"doctor.txt": "",
	} {
		if content, ok := files[name]; !ok || !strings.Contains(content, text) {
			t.Errorf("%s does not say %q: the archive has %v", name, text, slices.Sorted(maps.Keys(files)))
		}
	}
	for name, content := range files {
		for _, secret := range []string{planted, planted[4:], "no rule knows this one"} {
			if strings.Contains(content, secret) {
				t.Errorf("%s has the secret:\n%s", name, content)
			}
		}
		if strings.Contains(content, "managedFields") {
			t.Errorf("%s says who set which field", name)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info, err)
	}
	w.call("support-bundle", "--output", file, "--manager-namespace", w.namespace, "--doctor=false").want(t, exitFailed, "name another file with --output")
}

// Without an installation there is still what the person's own namespace has.
func TestSupportBundleWithoutManager(t *testing.T) {
	w := newWorld(t)
	w.item("shop", nil)
	file := filepath.Join(t.TempDir(), "bundle.tar.gz")
	w.call("support-bundle", "-o", file, "--manager-namespace", w.namespace).want(t, exitOK, "not in it: the manager's Deployment")
	files := unpack(t, file)
	if files["objects/workitems/shop.yaml"] == "" || !strings.Contains(files["errors.txt"], "no Deployment") {
		t.Errorf("it has %v", files)
	}
}

// A log that is too long is cut at its beginning, and an archive that is full takes no more.
func TestArchiveIsBounded(t *testing.T) {
	var out bytes.Buffer
	a := newArchive(&out, noon)
	for n := range 9 {
		a.part(strings.Repeat("x", n+1), bytes.Repeat([]byte("a line\n"), maxPart/7+100), nil)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	if a.size > maxArchive+maxPart+1000 || len(a.missing) == 0 {
		t.Errorf("%d bytes, missing %v", a.size, a.missing)
	}
}
