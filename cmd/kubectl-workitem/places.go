// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// itemPage is how many items are read at once: a long queue must not be one answer.
const itemPage = 500

// farPlaces are the places of those items that wait behind the first ten, which is all that an environment's status names. They
// are computed from all that wait, in the controller's own order; without such an item nothing is read.
func (s *session) farPlaces(ctx context.Context, shown []v1alpha1.WorkItem, queues map[client.ObjectKey]v1alpha1.QueueStatus) (map[types.UID]string, error) {
	asked := map[string]bool{}
	places := map[types.UID]string{}
	for i := range shown {
		item := &shown[i]
		if asked[item.Namespace] || !isFar(item, queues) {
			continue
		}
		asked[item.Namespace] = true
		waiting, err := s.waiting(ctx, item.Namespace)
		if err != nil {
			return nil, err
		}
		for _, entries := range waiting {
			for n, e := range queue.Order(entries) {
				places[types.UID(e.Key)] = fmt.Sprintf("%d/%d", n+1, len(entries))
			}
		}
	}
	return places, nil
}

// isFar reports whether an item waits in a queue whose first, which the environment's status names, it is not among.
func isFar(item *v1alpha1.WorkItem, queues map[client.ObjectKey]v1alpha1.QueueStatus) bool {
	q := queues[environmentKey(item)]
	if item.Status.Phase != v1alpha1.PhaseQueued || int(q.Length) <= len(q.First) {
		return false
	}
	for _, first := range q.First {
		if first.Name == item.Name {
			return false
		}
	}
	return true
}

func environmentKey(item *v1alpha1.WorkItem) client.ObjectKey {
	return client.ObjectKey{Namespace: item.Namespace, Name: item.Spec.EnvironmentRef.Name}
}

// waiting are the items of a namespace that wait, by environment.
func (s *session) waiting(ctx context.Context, namespace string) (map[string][]queue.Entry, error) {
	waiting := map[string][]queue.Entry{}
	page := &v1alpha1.WorkItemList{}
	for {
		err := s.client.List(ctx, page, client.InNamespace(namespace), client.Limit(itemPage), client.Continue(page.Continue))
		if err != nil {
			return nil, fmt.Errorf("listing the work items that wait: %w", err)
		}
		for i := range page.Items {
			if item := &page.Items[i]; item.Waits() {
				name := item.Spec.EnvironmentRef.Name
				waiting[name] = append(waiting[name], queue.Entry{
					Key: string(item.UID), Name: item.Name, Priority: item.Spec.Priority, CreatedAt: item.QueuedAt(),
				})
			}
		}
		if page.Continue == "" {
			return waiting, nil
		}
	}
}
