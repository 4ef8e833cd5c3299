// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// environmentField selects items by their environment. The API server knows it as a selectable field; the
// manager's cache is given an index of the same name.
const environmentField = "spec.environmentRef.name"

// shownInQueue is how many of the queue's first the status names.
const shownInQueue = 10

// readQueue reads which items wait for a slot, and in which order they will start.
type readQueue struct {
	client client.Reader
}

func (s readQueue) run(ctx context.Context, l *look) error {
	items, err := itemsOf(ctx, s.client, l.environment)
	if err != nil {
		return err
	}
	l.environment.Status.Queue = queueOf(items)
	return nil
}

// itemsOf are the items that name the environment.
func itemsOf(ctx context.Context, reader client.Reader, environment *v1alpha1.WorkEnvironment) ([]v1alpha1.WorkItem, error) {
	items := &v1alpha1.WorkItemList{}
	err := reader.List(ctx, items, client.InNamespace(environment.Namespace), client.MatchingFields{environmentField: environment.Name})
	if err != nil {
		return nil, fmt.Errorf("listing the environment's items: %w", err)
	}
	return items.Items, nil
}

// queueOf is the queue as the status shows it.
func queueOf(items []v1alpha1.WorkItem) v1alpha1.QueueStatus {
	var entries []queue.Entry
	since := map[string]*metav1.Time{}
	status := v1alpha1.QueueStatus{}
	for i := range items {
		item := &items[i]
		if !waits(item) {
			continue
		}
		since[item.Name] = waitsSince(item)
		entries = append(entries, entryOf(item))
		if at := since[item.Name]; status.OldestSince == nil || at.Before(status.OldestSince) {
			status.OldestSince = at
		}
	}
	status.Length = int32(len(entries)) //nolint:gosec // as many as objects fit into a namespace
	ordered := queue.Order(entries)
	for _, e := range ordered[:min(len(ordered), shownInQueue)] {
		status.First = append(status.First, v1alpha1.QueuedItem{Name: e.Name, Priority: e.Priority, Since: since[e.Name]})
	}
	return status
}

func entryOf(item *v1alpha1.WorkItem) queue.Entry {
	created := item.CreationTimestamp.Time
	if item.Spec.Card != nil && item.Spec.Card.CreatedAt != nil {
		created = item.Spec.Card.CreatedAt.Time
	}
	return queue.Entry{Key: item.Name, Name: item.Name, Priority: item.Spec.Priority, CreatedAt: created}
}

// waits reports whether an item waits for a slot: it was accepted, and no attempt of it is on its way.
func waits(item *v1alpha1.WorkItem) bool {
	return item.DeletionTimestamp.IsZero() && !item.Spec.Cancel && !item.Done() && !item.AttemptActive() &&
		meta.IsStatusConditionTrue(item.Status.Conditions, v1alpha1.ConditionAccepted)
}

// waitsSince is since when an item waits: since it stood in the queue, or was accepted.
func waitsSince(item *v1alpha1.WorkItem) *metav1.Time {
	if item.Status.Queue != nil && item.Status.Queue.Since != nil {
		return item.Status.Queue.Since
	}
	at := meta.FindStatusCondition(item.Status.Conditions, v1alpha1.ConditionAccepted).LastTransitionTime
	return &at
}
