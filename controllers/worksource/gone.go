// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// deleteItemsOf deletes the items of a source that is gone. Kubernetes' garbage collector does the same by the owner
// reference; doing it here too means that a control plane without one stops the builds as well. An item whose owner
// reference was removed, as an orphaning deletion does, stays.
func deleteItemsOf(ctx context.Context, c client.Client, source types.NamespacedName) error {
	items := &v1alpha1.WorkItemList{}
	if err := c.List(ctx, items, client.InNamespace(source.Namespace)); err != nil {
		return fmt.Errorf("listing the work items of a source that is gone: %w", err)
	}
	for i := range items.Items {
		item := &items.Items[i]
		owner := metav1.GetControllerOf(item)
		if owner == nil || owner.Kind != sourceKind || owner.Name != source.Name || !item.DeletionTimestamp.IsZero() {
			continue
		}
		err := c.Delete(ctx, item, client.Preconditions{UID: ptr.To(item.UID)})
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting work item %s of a source that is gone: %w", item.Name, err)
		}
	}
	return nil
}
