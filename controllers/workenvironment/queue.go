// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// shownInQueue is how many of the queue's first the status names.
const shownInQueue = 10

// queueStep reads which items wait for a slot, and in which order they will start. It brings no condition: how many wait
// says nothing about the environment.
type queueStep struct{ client client.Reader }

func (queueStep) Condition() string { return "" }

func (s queueStep) Reconcile(ctx context.Context, environment *v1alpha1.WorkEnvironment) (reconcile.Result, error) {
	all, err := items.InEnvironment(ctx, s.client, client.ObjectKeyFromObject(environment))
	if err != nil {
		return reconcile.Result{}, err
	}
	environment.Status.Queue = queueOf(all)
	return reconcile.Done(), nil
}

// queueOf is the queue as the status shows it.
func queueOf(all []v1alpha1.WorkItem) v1alpha1.QueueStatus {
	var entries []queue.Entry
	since := map[string]*metav1.Time{}
	status := v1alpha1.QueueStatus{}
	for i := range all {
		item := &all[i]
		if !items.Waiting(item) {
			continue
		}
		since[item.Name] = waitingSince(item)
		entries = append(entries, items.Entry(item, false))
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

// waitingSince is since when an item waits: since it is in the queue, or was accepted.
func waitingSince(item *v1alpha1.WorkItem) *metav1.Time {
	if item.Status.Queue != nil && item.Status.Queue.Since != nil {
		return item.Status.Queue.Since
	}
	at := item.Condition(v1alpha1.ConditionAccepted).LastTransitionTime
	return &at
}
