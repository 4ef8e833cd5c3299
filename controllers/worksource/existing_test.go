// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestExistingItemsOfASource(t *testing.T) {
	items := existingItems{}
	for id, change := range map[string]func(*v1alpha1.WorkItem){
		"a": func(*v1alpha1.WorkItem) {},
		"b": func(*v1alpha1.WorkItem) {},
		"c": func(i *v1alpha1.WorkItem) { i.DeletionTimestamp = at(0) },
		"d": func(i *v1alpha1.WorkItem) { i.Spec.SourceRef.Name = "other" },
		"e": func(i *v1alpha1.WorkItem) { i.Spec.SourceRef = nil },
		"f": func(i *v1alpha1.WorkItem) { i.Spec.Card = nil },
		"g": func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true },
	} {
		item := itemFor(id, change)
		item.Name = id
		items[id] = item
	}
	var got []string
	for _, item := range items.of(polled(), func(i *v1alpha1.WorkItem) bool { return !i.Spec.Cancel }) {
		got = append(got, item.Name)
	}
	if diff := cmp.Diff([]string{"a", "b"}, got); diff != "" {
		t.Errorf("items that are another's, being deleted or not asked for are left out (-want +got):\n%s", diff)
	}
}
