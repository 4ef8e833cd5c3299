// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

func clientWith(t *testing.T, objects ...client.Object) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.WorkItem{}, &v1alpha1.WorkSource{}, &v1alpha1.WorkEnvironment{}).Build()
}

// kinds are an object of each kind, with a change of its status and one of its spec.
func kinds() map[string]struct {
	object                       v1alpha1.Object
	changeStatus, changeTheOther func(v1alpha1.Object)
} {
	meta := metav1.ObjectMeta{Namespace: "a", Name: "b"}
	type row = struct {
		object                       v1alpha1.Object
		changeStatus, changeTheOther func(v1alpha1.Object)
	}
	return map[string]row{
		"WorkItem": {
			&v1alpha1.WorkItem{ObjectMeta: meta},
			func(o v1alpha1.Object) { o.(*v1alpha1.WorkItem).Status.Phase = v1alpha1.PhaseRunning },
			func(o v1alpha1.Object) { o.(*v1alpha1.WorkItem).Spec.Priority = 7 },
		},
		"WorkSource": {
			&v1alpha1.WorkSource{ObjectMeta: meta},
			func(o v1alpha1.Object) { o.(*v1alpha1.WorkSource).Status.ObservedGeneration = 7 },
			func(o v1alpha1.Object) { o.(*v1alpha1.WorkSource).Spec.Suspend = true },
		},
		"WorkEnvironment": {
			&v1alpha1.WorkEnvironment{ObjectMeta: meta},
			func(o v1alpha1.Object) { o.(*v1alpha1.WorkEnvironment).Status.SlotsInUse = 7 },
			func(o v1alpha1.Object) { o.SetLabels(map[string]string{"a": "b"}) },
		},
	}
}

func TestPatchStatus(t *testing.T) {
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			c := clientWith(t, kind.object)
			read := func() v1alpha1.Object {
				o := kind.object.DeepCopyObject().(v1alpha1.Object)
				if err := c.Get(t.Context(), client.ObjectKeyFromObject(kind.object), o); err != nil {
					t.Fatal(err)
				}
				return o
			}
			before, after := read(), read()
			if written, err := reconcile.PatchStatus(t.Context(), c, before, after); written || err != nil {
				t.Errorf("nothing changed, and it wrote: %t, %v", written, err)
			}
			kind.changeStatus(after)
			if written, err := reconcile.PatchStatus(t.Context(), c, before, after); !written || err != nil {
				t.Fatalf("the status changed, and it did not write: %t, %v", written, err)
			}
			stale := before.DeepCopyObject().(v1alpha1.Object)
			stale.SetResourceVersion("1")
			mine := stale.DeepCopyObject().(v1alpha1.Object)
			kind.changeStatus(mine)
			if _, err := reconcile.PatchStatus(t.Context(), c, stale, mine); !apierrors.IsConflict(err) {
				t.Errorf("what was decided on an old object must be dropped, got %v", err)
			}

			// A change that is not of the status is never written, so it must not go unseen: not even where the status
			// is as it was.
			before, after = read(), read()
			kind.changeTheOther(after)
			if _, err := reconcile.PatchStatus(t.Context(), c, before, after); err == nil || !strings.Contains(err.Error(), "more of a/b than its status") {
				t.Errorf("a step changed more than the status, and it said %v", err)
			}

			before, after = read(), read()
			if err := c.Delete(t.Context(), read()); err != nil {
				t.Fatal(err)
			}
			before.SetGeneration(0)
			after.SetGeneration(0)
			after.ConditionList()
			kind.changeStatus(after)
			*after.ConditionList() = []metav1.Condition{{Type: "Ready"}}
			if _, err := reconcile.PatchStatus(t.Context(), c, before, after); !errors.Is(err, reconcile.ErrGone) {
				t.Errorf("the object is gone, and it said %v", err)
			}
		})
	}
}

func TestFinalizers(t *testing.T) {
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			c := clientWith(t, kind.object)
			read := func() v1alpha1.Object {
				o := kind.object.DeepCopyObject().(v1alpha1.Object)
				if err := c.Get(t.Context(), client.ObjectKeyFromObject(kind.object), o); err != nil {
					t.Fatal(err)
				}
				return o
			}
			stale := read()
			for range 2 { // the second call changes nothing
				o := read()
				if err := reconcile.EnsureFinalizer(t.Context(), c, o); err != nil || len(read().GetFinalizers()) != 1 {
					t.Fatalf("finalizers %v, %v", read().GetFinalizers(), err)
				}
			}
			if err := reconcile.EnsureFinalizer(t.Context(), c, stale); !apierrors.IsConflict(err) {
				t.Errorf("another's change must not be overwritten, got %v", err)
			}
			for range 2 {
				if err := reconcile.RemoveFinalizer(t.Context(), c, read()); err != nil || len(read().GetFinalizers()) != 0 {
					t.Fatalf("finalizers %v, %v", read().GetFinalizers(), err)
				}
			}
			o := read()
			if err := c.Delete(t.Context(), read()); err != nil {
				t.Fatal(err)
			}
			if err := reconcile.EnsureFinalizer(t.Context(), c, o); !errors.Is(err, reconcile.ErrGone) {
				t.Errorf("the object is gone, and it said %v", err)
			}
		})
	}
}
