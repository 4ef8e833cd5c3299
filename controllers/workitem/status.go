// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// errVanished: the object is not there any more. Who reconciles it has nothing left to do, and must begin nothing: a
// build that is started for an object that is gone works for nobody, and nobody watches it.
var errVanished = errors.New("the work item does not exist any more")

// patchStatus writes what became of the status, and nothing if nothing did. The patch carries the
// resourceVersion that was read: if somebody else wrote since, all that was decided here was decided on an old
// object, and is dropped.
func (r *Reconciler) patchStatus(ctx context.Context, before, item *v1alpha1.WorkItem) error {
	if equality.Semantic.DeepEqual(before.Status, item.Status) {
		return nil
	}
	if !equality.Semantic.DeepEqual(before.Spec, item.Spec) || !equality.Semantic.DeepEqual(before.ObjectMeta, item.ObjectMeta) {
		return fmt.Errorf("a step changed more of work item %s than its status; this is a bug", client.ObjectKeyFromObject(item))
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, item, patch); apierrors.IsNotFound(err) {
		return errVanished
	} else if err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	r.metrics.statusWrites.Inc()
	return nil
}

// persister returns what writes the status in the middle of a reconcile. It is for the start step's intent alone:
// what is decided there must outlive a crash during the call that follows. Afterwards before is what the server
// answered, so that the deferred patch has that as its base.
func (r *Reconciler) persister(before *v1alpha1.WorkItem) func(context.Context, *v1alpha1.WorkItem) error {
	return func(ctx context.Context, item *v1alpha1.WorkItem) error {
		summarize(r.clock.Now(), item)
		if err := r.patchStatus(ctx, before, item); err != nil {
			return err
		}
		item.DeepCopyInto(before)
		return nil
	}
}

// patchMetadata writes finalizers alone, refusing to overwrite another's change.
func (r *Reconciler) patchMetadata(ctx context.Context, before, item *v1alpha1.WorkItem) error {
	err := r.Client.Patch(ctx, item, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	switch {
	case apierrors.IsNotFound(err):
		return errVanished
	case err != nil:
		return fmt.Errorf("writing the finalizers: %w", err)
	}
	return nil
}

// vanished gives back a lock that was taken in this very reconcile for an item that turned out to be gone: nobody
// looks at that item again. A build that claims in that moment wins. It is a best effort; what it cannot free, the
// sweep frees once the lease has ended.
func (r *Reconciler) vanished(ctx context.Context, item *v1alpha1.WorkItem) {
	r.abandonUnrecorded(ctx, item)
}
