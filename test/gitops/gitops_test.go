// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/test/gitops"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const page = "../../docs/gitops.md"

// state is one that an object can be in, and what each tool must make of it.
type state struct {
	why        string
	conditions func(conditions.Set)
	stale      bool // the spec was changed since
	deleted    bool
	flux, argo string
}

// ofConfiguration are the states of environments and sources.
var ofConfiguration = []state{
	{why: "the manager has not looked at it, or does not run", flux: "InProgress", argo: "Progressing"},
	{
		why:        "everything can be reached",
		conditions: func(s conditions.Set) { s.True(v1alpha1.ConditionReady, v1alpha1.ReasonUsable, "It can be used.") },
		flux:       "Current", argo: "Healthy",
	},
	{
		why:        "it was usable, and then somebody changed it",
		conditions: func(s conditions.Set) { s.True(v1alpha1.ConditionReady, v1alpha1.ReasonUsable, "It can be used.") },
		stale:      true, flux: "InProgress", argo: "Progressing",
	},
	{
		why: "AWS or GitHub does not answer, and is asked again",
		conditions: func(s conditions.Set) {
			s.Unknown(v1alpha1.ConditionReady, v1alpha1.ReasonUnreachable, "Nobody answers.")
		},
		flux: "InProgress", argo: "Progressing",
	},
	{
		why: "what it names fails, and may come by itself",
		conditions: func(s conditions.Set) {
			s.False(v1alpha1.ConditionReady, v1alpha1.ReasonEnvironmentNotFound, "There is no such environment.")
		},
		flux: "InProgress", argo: "Progressing",
	},
	{
		why: "a person has to act",
		conditions: func(s conditions.Set) {
			s.False(v1alpha1.ConditionReady, v1alpha1.ReasonAccessDenied, "The role may not.")
			s.True(v1alpha1.ConditionStalled, v1alpha1.ReasonAccessDenied, "The role may not.")
		},
		flux: "Failed", argo: "Degraded",
	},
	{
		why: "it is being deleted, and waits for what uses it",
		conditions: func(s conditions.Set) {
			s.True(v1alpha1.ConditionReady, v1alpha1.ReasonUsable, "It can be used.")
		},
		deleted: true, flux: "Terminating",
	},
}

func TestEnvironments(t *testing.T) {
	for _, c := range ofConfiguration {
		t.Run(c.why, func(t *testing.T) {
			e := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Finalizers: []string{v1alpha1.Finalizer}}, Spec: v1alpha1.WorkEnvironmentSpec{
				Tier: v1alpha1.TierTest, AWS: v1alpha1.AWSAccess{Region: "eu-central-1"}, Lock: v1alpha1.LockTable{TableName: "locks"},
				CodeBuild:   v1alpha1.CodeBuildProject{ProjectName: "project"},
				Credentials: v1alpha1.BuildCredentials{GitHubTokenSecretARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:github-a1b2c3"},
				Artifacts:   v1alpha1.Artifacts{Bucket: "artifacts"},
			}}
			c.check(t, e, func(now time.Time) {
				e.Status.ObservedGeneration = e.Generation
				c.conditions(conditions.Of(&e.Status.Conditions, e.Generation, now))
			}, func() { e.Spec.Concurrency = ptr.To[int32](2) })
		})
	}
}

func TestSources(t *testing.T) {
	for _, c := range ofConfiguration {
		t.Run(c.why, func(t *testing.T) {
			s := newSource()
			s.Finalizers = []string{v1alpha1.Finalizer}
			c.check(t, s, func(now time.Time) {
				s.Status.ObservedGeneration = s.Generation
				c.conditions(conditions.Of(&s.Status.Conditions, s.Generation, now))
			}, func() { s.Spec.GitHub.Query = "label:kiro" })
		})
	}
}

// A suspended source is as somebody wanted it, whatever it was before.
func TestSuspendedSource(t *testing.T) {
	s := newSource()
	s.Spec.Suspend = true
	(state{flux: "InProgress", argo: "Suspended"}).check(t, s, nil, nil)
}

func newSource() *v1alpha1.WorkSource {
	s := &v1alpha1.WorkSource{Spec: v1alpha1.WorkSourceSpec{EnvironmentRef: v1alpha1.LocalObjectReference{Name: "staging"}}}
	s.Spec.GitHub.Owner, s.Spec.GitHub.ProjectNumber = "acme", 1
	s.Spec.GitHub.Credentials.SecretRef = &v1alpha1.SecretReference{Name: "github"}
	return s
}

// Work items are nobody's to keep in git, but a script that makes one by hand waits for it like for anything else.
func TestItems(t *testing.T) {
	for _, c := range []state{
		{why: "the manager has not looked at it", flux: "InProgress"},
		{
			why: "it waits or runs",
			conditions: func(s conditions.Set) {
				s.Unknown(v1alpha1.ConditionReady, v1alpha1.ReasonProgressing, "It runs.")
				s.True(v1alpha1.ConditionReconciling, v1alpha1.ReasonProgressing, "No action is needed.")
			},
			flux: "InProgress",
		},
		{
			why:        "its work is done",
			conditions: func(s conditions.Set) { s.True(v1alpha1.ConditionReady, "Succeeded", "All gates passed.") },
			flux:       "Current",
		},
		{
			why: "it failed, and is not tried again",
			conditions: func(s conditions.Set) {
				s.False(v1alpha1.ConditionReady, "TestsFailed", "Tests are red.")
				s.True(v1alpha1.ConditionStalled, "TestsFailed", "Tests are red.")
			},
			flux: "Failed",
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			i := &v1alpha1.WorkItem{Spec: v1alpha1.WorkItemSpec{
				EnvironmentRef: v1alpha1.LocalObjectReference{Name: "staging"}, Repository: "acme/shop", Branch: "feature/a",
			}}
			c.check(t, i, func(now time.Time) {
				i.Status.ObservedGeneration = i.Generation
				c.conditions(conditions.Of(&i.Status.Conditions, i.Generation, now))
			}, nil)
		})
	}
}

// check makes the object on a real API server, brings it into the state, and asks both tools. Its own defaults are the API
// server's: an object that nobody looked at has a status from there alone.
func (c state) check(t *testing.T, object client.Object, observe func(time.Time), change func()) {
	t.Helper()
	kube := testenv.Client(t)
	object.SetNamespace(testenv.Namespace(t, kube))
	object.SetName("object")
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	must("making it", kube.Create(t.Context(), object))
	if c.conditions != nil {
		observe(time.Now())
		must("writing its status", kube.Status().Update(t.Context(), object))
	}
	if c.stale {
		change()
		must("changing it", kube.Update(t.Context(), object))
	}
	if c.deleted {
		must("deleting it", kube.Delete(t.Context(), object))
	}
	must("reading it", kube.Get(t.Context(), client.ObjectKeyFromObject(object), object))
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	must("converting it", err)
	u := &unstructured.Unstructured{Object: content}
	gvk, err := kube.GroupVersionKindFor(object)
	must("finding its kind", err)
	u.SetGroupVersionKind(gvk)

	if got, err := gitops.Flux(u); err != nil || got != c.flux {
		t.Errorf("kstatus says %s (%v), want %s", got, err, c.flux)
	}
	if c.argo == "" {
		return
	}
	told, err := gitops.Read(page)
	must("reading the page", err)
	got, err := gitops.Argo(told.Scripts[gvk.Group+"/"+gvk.Kind], u)
	if err != nil || got.Status != c.argo {
		t.Errorf("Argo CD shows %s (%v), want %s", got, err, c.argo)
	}
	if got.Message == "" {
		t.Error("Argo CD shows no message")
	}
}

// TestPage: what the page has people apply is there, and names what is made here.
func TestPage(t *testing.T) {
	told, err := gitops.Read(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"OCIRepository", "HelmRelease", "Kustomization", "Application"} {
		if told.Objects[kind] == nil {
			t.Errorf("the page has no %s", kind)
		}
	}
	url, _, _ := unstructured.NestedString(told.Objects["OCIRepository"].Object, "spec", "url")
	if url != "oci://ghcr.io/kiro-worker/charts/kiro-worker" {
		t.Errorf("the chart is at %q", url)
	}
	checks, _, _ := unstructured.NestedSlice(told.Objects["Kustomization"].Object, "spec", "healthChecks")
	for _, check := range checks {
		c, _ := check.(map[string]any)
		if c["apiVersion"] != v1alpha1.GroupVersion.String() {
			t.Errorf("the health check %v is of no kind of ours", c)
		}
	}
	if len(checks) != 2 {
		t.Errorf("%d health checks, want one of an environment and one of a source", len(checks))
	}
}
