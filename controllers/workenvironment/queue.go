// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// queueStep shows which items wait for a slot, in which order they start, and whether they are tried one at a time. It
// brings no condition that Ready depends on: how many wait, and how they end, says nothing about what the environment names.
type queueStep struct {
	queues Queues
	now    time.Time
}

func (queueStep) Condition() string { return "" }

func (s queueStep) Reconcile(_ context.Context, environment *v1alpha1.WorkEnvironment) (reconcile.Result, error) {
	snapshot, known := s.queues.Snapshot(client.ObjectKeyFromObject(environment))
	if !known {
		return reconcile.Done(), nil // what the status says is what the queues are rebuilt from
	}
	environment.Status.Queue = queueOf(snapshot)
	set := conditionsOf(environment, s.now)
	if snapshot.Brake.Applied {
		set.True(v1alpha1.ConditionDegraded, string(snapshot.Brake.Reason), brakeMessage(snapshot.Brake))
	} else {
		set.Remove(v1alpha1.ConditionDegraded)
	}
	return reconcile.Done(), nil
}

// queueOf is the queue as the status shows it.
func queueOf(snapshot queue.Snapshot) v1alpha1.QueueStatus {
	status := v1alpha1.QueueStatus{Length: int32(snapshot.Length)} //nolint:gosec // as many as objects fit into a namespace
	if !snapshot.OldestSince.IsZero() {
		status.OldestSince = timeOf(snapshot.OldestSince)
	}
	for _, w := range snapshot.First {
		status.First = append(status.First, v1alpha1.QueuedItem{Name: w.Name, Priority: w.Priority, Since: timeOf(w.Since)})
	}
	return status
}

func timeOf(t time.Time) *metav1.Time {
	at := wholeSeconds(t)
	return &at
}

func brakeMessage(b queue.Brake) string {
	next := fmt.Sprintf("The next is tried at %s.", b.RetryAt.UTC().Format(time.RFC3339))
	if b.Probe != "" {
		next = "One is being tried now."
	}
	return fmt.Sprintf("Attempts ended as %s since %s, so items are tried one at a time until one does not. %s "+
		"See why the last attempts failed, and correct the environment: a change of its spec has all items start again.",
		b.Reason, b.Since.UTC().Format(time.RFC3339), next)
}
