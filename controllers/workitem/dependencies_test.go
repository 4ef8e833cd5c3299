// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func dependsOn(names ...string) func(*v1alpha1.WorkItem) {
	return func(i *v1alpha1.WorkItem) { i.Spec.DependsOn = names }
}

func accepted(item *v1alpha1.WorkItem) metav1.Condition {
	return item.Condition(v1alpha1.ConditionAccepted)
}

func TestWaitsForItsDependency(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.branch("feature/y")
	w.item("two", "feature/y", dependsOn("one"))
	w.look("two")
	if c := accepted(w.get("two")); c.Reason != v1alpha1.ReasonDependencyNotFound {
		t.Fatalf("before there is one: %+v", c)
	}
	w.item("one", "feature/x")
	res := w.look("two")
	if c := accepted(w.get("two")); c.Reason != v1alpha1.ReasonDependencyPending || w.starts() != 0 {
		t.Fatalf("while the other waits: %+v, %d builds", c, w.starts())
	}
	if res.RequeueAfter < 23*60*60*1e9 {
		t.Errorf("events tell of the other item, and it is looked at again after %s", res.RequeueAfter)
	}
	w.until("one", "concluded", concluded)
	if item := w.until("two", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
		t.Errorf("after the other succeeded: %s", describe(item))
	}
}

// A dependency that is set while the item is in the queue, or that is triggered again, is heeded before the lock.
func TestDependencyIsAskedAgainBeforeTheLock(t *testing.T) {
	w := newWorld(t)
	w.usable(false)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.look("one")
	item := w.get("one")
	item.Spec.DependsOn = []string{"other"}
	w.must(w.client.Update(t.Context(), item))
	w.usable(true)
	w.look("one")
	if c := accepted(w.get("one")); c.Reason != v1alpha1.ReasonDependencyNotFound || w.starts() != 0 {
		t.Errorf("got %+v, %d builds", c, w.starts())
	}
}

func TestWaitsForTheMerge(t *testing.T) {
	w := newWorld(t)
	number := w.branch("feature/x")
	w.branch("feature/y")
	w.item("one", "feature/x")
	w.until("one", "concluded", concluded)
	w.item("two", "feature/y", dependsOn("one"), func(i *v1alpha1.WorkItem) { i.Spec.DependenciesUntil = v1alpha1.DependencyMerged })
	res := w.look("two")
	if c := accepted(w.get("two")); c.Reason != v1alpha1.ReasonDependencyPending || !strings.Contains(c.Message, "not merged") || res.RequeueAfter <= 0 {
		t.Fatalf("before the merge: %+v, again after %s", c, res.RequeueAfter)
	}
	w.must(w.github.ClosePullRequest(repository, number, false))
	w.look("two")
	if c := accepted(w.get("two")); c.Reason != v1alpha1.ReasonDependencyFailed {
		t.Fatalf("closed without a merge: %+v", c)
	}
	w.must(w.github.ClosePullRequest(repository, number, true))
	if item := w.until("two", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
		t.Errorf("after the merge: %s", describe(item))
	}
}

// indexed is a reader of items with the index of what they depend on, which an API server does not have.
type indexed struct {
	client.Client
	items []*v1alpha1.WorkItem
}

func (r indexed) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	o := (&client.ListOptions{}).ApplyOptions(options)
	into, _ := list.(*v1alpha1.WorkItemList)
	for _, item := range r.items {
		if name, ok := o.FieldSelector.RequiresExactMatch("dependencies"); ok && slices.Contains(item.DependencyNames(), name) {
			into.Items = append(into.Items, *item)
		}
	}
	return nil
}

func TestDependentsOf(t *testing.T) {
	named := func(name string, change ...func(*v1alpha1.WorkItem)) *v1alpha1.WorkItem {
		item := itemOnBranch("feature/" + name)
		item.Name = name
		for _, c := range change {
			c(item)
		}
		return item
	}
	succeeded := func(i *v1alpha1.WorkItem) {
		i.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionSucceeded, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSucceeded}}
	}
	waits := func(reason string) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) {
			i.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionSucceeded, Status: metav1.ConditionUnknown, Reason: reason}}
		}
	}
	runs := func(i *v1alpha1.WorkItem) { running(i) }
	all := []*v1alpha1.WorkItem{
		named("c", dependsOn("b")), named("b", dependsOn("a")), named("z", dependsOn("a"), succeeded), named("y", dependsOn("a"), runs), named("x", dependsOn("other")),
	}
	r := &Reconciler{client: indexed{items: all}}
	for name, c := range map[string]struct {
		why       string
		old, item *v1alpha1.WorkItem
		want      []string
	}{
		"made":           {"somebody may have waited for it", nil, named("a"), []string{"b"}},
		"gone":           {"what it says is not true any more", named("a"), nil, []string{"b"}},
		"succeeded":      {"that is what they wait for", named("a", waits("Running")), named("a", succeeded), []string{"b"}},
		"goes on":        {"its way concerns nobody else", named("a", waits("NoFreeSlot")), named("a", waits("Running")), nil},
		"depends anew":   {"a circle may be closed or opened, which concerns everybody behind", named("a"), named("a", dependsOn("c")), []string{"b", "c"}},
		"nobody depends": {"most items", nil, named("q"), nil},
	} {
		keys, err := r.DependentsOf(t.Context(), c.old, c.item)
		var got []string
		for _, k := range keys {
			got = append(got, k.Name)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %s: got %v, %v, want %v", name, c.why, got, err, c.want)
		}
	}
}
