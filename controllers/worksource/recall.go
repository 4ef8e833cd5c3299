// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// recall reads the namespace's items: those of this source, and those whose names it must keep off.
type recall struct {
	client client.Reader
}

func (s recall) run(ctx context.Context, p *poll) (next, error) {
	items := &v1alpha1.WorkItemList{}
	if err := s.client.List(ctx, items, client.InNamespace(p.source.Namespace)); err != nil {
		return stop, fmt.Errorf("listing the work items: %w", err)
	}
	p.items = make(map[string]*v1alpha1.WorkItem, len(items.Items))
	for i := range items.Items {
		p.items[items.Items[i].Name] = &items.Items[i]
	}
	return goOn, nil
}

// ours reports whether an item is this source's.
func ours(item *v1alpha1.WorkItem, source *v1alpha1.WorkSource) bool {
	return item.Spec.SourceRef != nil && item.Spec.SourceRef.Name == source.Name && item.Spec.Card != nil
}
