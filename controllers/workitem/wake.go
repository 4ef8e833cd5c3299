// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
)

// changedForItems lets through what an item has to be looked at for itself: an environment that is new, changed, or being
// deleted. Whether it is usable, and which of its slots are free, concerns its queue alone.
func changedForItems() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
				e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero()
		},
	}
}

// itemsConcernedBy wakes the items that a change of their environment concerns: all that have not ended, if it is being
// deleted, because they may have to stop; else those that lack something of it to be accepted, or that say that there is
// none. Those that wait in the queue are woken by a grant.
func (r *Reconciler) itemsConcernedBy(ctx context.Context, o client.Object) []ctrl.Request {
	all, err := items.InEnvironment(ctx, r.client, client.ObjectKeyFromObject(o))
	if err != nil {
		log.FromContext(ctx).Error(err, "Could not wake the items of a changed environment")
		return nil
	}
	deleted := !o.GetDeletionTimestamp().IsZero()
	var requests []ctrl.Request
	for i := range all {
		item := &all[i]
		lacks := !item.AttemptActive() && (!item.IsTrue(v1alpha1.ConditionAccepted) || lacksEnvironment(item))
		if !item.Finished() && (deleted || lacks) {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(item)})
		}
	}
	return requests
}

// lacksEnvironment reports whether the item says that its environment is gone, or going.
func lacksEnvironment(item *v1alpha1.WorkItem) bool {
	reason := item.Condition(v1alpha1.ConditionAdmitted).Reason
	return reason == v1alpha1.ReasonEnvironmentNotFound || reason == v1alpha1.ReasonEnvironmentDeleting
}
