// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// patchStatus writes what became of the status, and nothing if nothing did. The patch carries the
// resourceVersion that was read, so that a poll decided on an old object is dropped and done again.
func (r *Reconciler) patchStatus(ctx context.Context, before, source *v1alpha1.WorkSource) error {
	if !equality.Semantic.DeepEqual(before.Spec, source.Spec) || !equality.Semantic.DeepEqual(before.ObjectMeta, source.ObjectMeta) {
		return fmt.Errorf("a step changed more of work source %s than its status; this is a bug", client.ObjectKeyFromObject(source))
	}
	if equality.Semantic.DeepEqual(before.Status, source.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.client.Status().Patch(ctx, source, patch); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	return nil
}
