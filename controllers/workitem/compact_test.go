// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// decoded is an item as a decoder makes it, with texts of its own.
func decoded(t *testing.T, message string) *v1alpha1.WorkItem {
	t.Helper()
	item := &v1alpha1.WorkItem{}
	item.Kind, item.Namespace, item.Name = "WorkItem", "team", "a"
	item.Spec.EnvironmentRef.Name, item.Spec.Repository = "prod", "acme/app"
	item.Status.Accepted = &v1alpha1.AcceptedWork{Commit: strings.Repeat("c", 40), SpecPath: ".kiro/specs/a"}
	item.Status.Queue = &v1alpha1.QueuePosition{Reason: v1alpha1.ReasonNoFreeSlot}
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionAccepted, v1alpha1.ConditionAdmitted} {
		item.Status.Conditions = append(item.Status.Conditions, metav1.Condition{Type: kind, Reason: "Why", Message: message})
	}
	text, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	again := &v1alpha1.WorkItem{}
	if err := json.Unmarshal(text, again); err != nil {
		t.Fatal(err)
	}
	return again
}

func TestCompactorChangesNothingButManagedFields(t *testing.T) {
	c := NewCompactor()
	want := decoded(t, "It waits.")
	got := want.DeepCopy()
	got.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	for range 2 {
		if _, err := c.Transform(got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("an item in the cache (-want +got):\n%s", diff)
		}
	}
	env := &v1alpha1.WorkEnvironment{}
	env.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	if _, err := c.Transform(env); err != nil || env.ManagedFields != nil {
		t.Errorf("other kinds keep their managed fields: %v, %v", env.ManagedFields, err)
	}
	if got, err := c.Transform("no object"); got != "no object" || err != nil {
		t.Errorf("what is no object became %v, %v", got, err)
	}
}

func TestCompactorKeepsATextOnce(t *testing.T) {
	c := NewCompactor()
	one, two := decoded(t, "It waits."), decoded(t, "It waits.")
	for _, item := range []*v1alpha1.WorkItem{one, two} {
		if _, err := c.Transform(item); err != nil {
			t.Fatal(err)
		}
		if list := item.Status.Conditions; len(list) != cap(list) {
			t.Errorf("%d conditions have room for %d", len(list), cap(list))
		}
	}
	for what, texts := range map[string][2]string{
		"repository": {one.Spec.Repository, two.Spec.Repository},
		"message":    {one.Status.Conditions[0].Message, two.Status.Conditions[1].Message},
		"commit":     {one.Status.Accepted.Commit, two.Status.Accepted.Commit},
	} {
		if unsafe.StringData(texts[0]) != unsafe.StringData(texts[1]) {
			t.Errorf("%s %q is kept twice", what, texts[0])
		}
	}
	for n := range 3 * mostTexts {
		if _, err := c.Transform(decoded(t, fmt.Sprint(n))); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.texts) > mostTexts {
		t.Errorf("%d texts are remembered, want %d at the most", len(c.texts), mostTexts)
	}
}
