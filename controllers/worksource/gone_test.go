// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestItemsOfASourceThatIsGone(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	source := w.source()
	ours, orphan := w.card("Ours", "Ready", "feature/ours"), w.card("Orphan", "Ready", "feature/orphan")
	w.poll()
	left := w.item(orphan)
	left.OwnerReferences = nil // as deleting with --cascade=orphan does
	must(t, w.client.Update(t.Context(), left))

	must(t, w.client.Delete(t.Context(), source))
	w.reconcile()
	w.letGo()
	err := w.client.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: ItemName(ours)}, &v1alpha1.WorkItem{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the item of a source that is gone is still there: %v", err)
	}
	w.item(orphan)
}
