// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package items is what two controllers need of an environment's work items and slots: the index that they are listed by,
// which of them wait and since when, and the slot rows. It decides nothing.
package items

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// EnvironmentIndex is the cache's index of work items by the environment that they name.
const EnvironmentIndex = "spec.environmentRef.name"

// DependencyIndex is the cache's index of work items by the items that they depend on.
const DependencyIndex = "dependencies"

// AddIndex adds EnvironmentIndex and DependencyIndex. It is called once a manager.
func AddIndex(ctx context.Context, indexer client.FieldIndexer) error {
	if err := indexer.IndexField(ctx, &v1alpha1.WorkItem{}, DependencyIndex, func(o client.Object) []string {
		item, ok := o.(*v1alpha1.WorkItem)
		if !ok {
			return nil
		}
		return item.DependencyNames()
	}); err != nil {
		return fmt.Errorf("indexing work items by what they depend on: %w", err)
	}
	err := indexer.IndexField(ctx, &v1alpha1.WorkItem{}, EnvironmentIndex, func(o client.Object) []string {
		item, ok := o.(*v1alpha1.WorkItem)
		if !ok {
			return nil
		}
		return []string{item.Spec.EnvironmentRef.Name}
	})
	if err != nil {
		return fmt.Errorf("indexing work items by environment: %w", err)
	}
	return nil
}

// InEnvironment are the work items that name an environment, in no order. They are the cache's own and must not be changed:
// a copy of ten thousand of them is most of what such a list costs.
func InEnvironment(ctx context.Context, reader client.Reader, environment client.ObjectKey) ([]v1alpha1.WorkItem, error) {
	list := &v1alpha1.WorkItemList{}
	err := reader.List(ctx, list, client.InNamespace(environment.Namespace), client.MatchingFields{EnvironmentIndex: environment.Name},
		client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("listing the environment's work items: %w", err)
	}
	return list.Items, nil
}

// DependingOn are the work items that depend on an item, in no order. They are the cache's own and must not be changed.
func DependingOn(ctx context.Context, reader client.Reader, item client.ObjectKey) ([]v1alpha1.WorkItem, error) {
	list := &v1alpha1.WorkItemList{}
	err := reader.List(ctx, list, client.InNamespace(item.Namespace), client.MatchingFields{DependencyIndex: item.Name},
		client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("listing the work items that depend on %s: %w", item.Name, err)
	}
	return list.Items, nil
}

// WaitingSince is since when an item waits: since it is in the queue, or was accepted.
func WaitingSince(item *v1alpha1.WorkItem) time.Time {
	if q := item.Status.Queue; q != nil && q.Since != nil {
		return q.Since.Time
	}
	return item.Condition(v1alpha1.ConditionAccepted).LastTransitionTime.Time
}
