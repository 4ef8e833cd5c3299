// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// patchStatus writes what became of the status, and nothing if nothing did. The patch carries the
// resourceVersion that was read, so that what was decided on an old object is dropped and done again.
func (r *Reconciler) patchStatus(ctx context.Context, before, environment *v1alpha1.WorkEnvironment) error {
	if !equality.Semantic.DeepEqual(before.Spec, environment.Spec) || !equality.Semantic.DeepEqual(before.ObjectMeta, environment.ObjectMeta) {
		return fmt.Errorf("a step changed more of work environment %s than its status; this is a bug", client.ObjectKeyFromObject(environment))
	}
	if equality.Semantic.DeepEqual(before.Status, environment.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, environment, patch); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	return nil
}

// patchFinalizers writes finalizers alone, refusing to overwrite another's change.
func (r *Reconciler) patchFinalizers(ctx context.Context, before, environment *v1alpha1.WorkEnvironment) error {
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, environment, patch); err != nil {
		return fmt.Errorf("writing the finalizers: %w", err)
	}
	return nil
}
