// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// existingItems are the namespace's items, by name: those of the source, and those whose names it must not use.
type existingItems map[string]*v1alpha1.WorkItem

func readItems(ctx context.Context, reader client.Reader, namespace string) (existingItems, error) {
	list := &v1alpha1.WorkItemList{}
	if err := reader.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("listing the work items: %w", err)
	}
	items := make(existingItems, len(list.Items))
	for i := range list.Items {
		items[list.Items[i].Name] = &list.Items[i]
	}
	return items, nil
}

// of are a source's items for which keep is true, by name, without those that are being deleted.
func (e existingItems) of(source *v1alpha1.WorkSource, keep func(*v1alpha1.WorkItem) bool) []*v1alpha1.WorkItem {
	var items []*v1alpha1.WorkItem
	for _, item := range e {
		if belongsTo(item, source) && item.DeletionTimestamp.IsZero() && keep(item) {
			items = append(items, item)
		}
	}
	slices.SortFunc(items, func(a, b *v1alpha1.WorkItem) int { return cmp.Compare(a.Name, b.Name) })
	return items
}

// belongsTo reports whether an item was made by a source.
func belongsTo(item *v1alpha1.WorkItem, source *v1alpha1.WorkSource) bool {
	return item.Spec.SourceRef != nil && item.Spec.SourceRef.Name == source.Name && item.Spec.Card != nil
}

func cardIDs(items []*v1alpha1.WorkItem) []string {
	ids := make([]string, 0, len(items))
	for _, item := range items {
		ids = append(ids, item.Spec.Card.ID)
	}
	return ids
}
