// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// ErrGone: the object does not exist any more. Whoever reconciles it has nothing left to do and must start nothing: a
// build that is started for an object that is gone is watched by nobody.
var ErrGone = errors.New("the object does not exist any more")

// PatchStatus writes what changed in the status, and nothing if nothing did. written reports whether it wrote. The patch
// carries the resourceVersion that was read: if somebody else wrote since, all that was decided here was decided on an
// old object, and is dropped as a conflict. It fails if anything but the status changed, whether or not the status did:
// such a change would be lost in silence, because it is never written.
func PatchStatus(ctx context.Context, c client.Client, before, after v1alpha1.Object) (written bool, err error) {
	if !equality.Semantic.DeepEqual(before.WithoutStatus(), after.WithoutStatus()) {
		return false, fmt.Errorf("a step changed more of %s/%s than its status; this is a bug, please report it", after.GetNamespace(), after.GetName())
	}
	if equality.Semantic.DeepEqual(before.StatusPart(), after.StatusPart()) {
		return false, nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := c.Status().Patch(ctx, after, patch); apierrors.IsNotFound(err) {
		return false, ErrGone
	} else if err != nil {
		return false, fmt.Errorf("writing the status: %w", err)
	}
	return true, nil
}

// EnsureFinalizer adds the finalizer if the object lacks it.
func EnsureFinalizer(ctx context.Context, c client.Client, object v1alpha1.Object) error {
	before := copyOf(object)
	if !controllerutil.AddFinalizer(object, v1alpha1.Finalizer) {
		return nil
	}
	return patchFinalizers(ctx, c, before, object)
}

// RemoveFinalizer removes the finalizer, which lets a deleted object go.
func RemoveFinalizer(ctx context.Context, c client.Client, object v1alpha1.Object) error {
	before := copyOf(object)
	if !controllerutil.RemoveFinalizer(object, v1alpha1.Finalizer) {
		return nil
	}
	return patchFinalizers(ctx, c, before, object)
}

// patchFinalizers writes finalizers alone, and refuses to overwrite another's change.
func patchFinalizers(ctx context.Context, c client.Client, before, after v1alpha1.Object) error {
	err := c.Patch(ctx, after, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	switch {
	case apierrors.IsNotFound(err):
		return ErrGone
	case err != nil:
		return fmt.Errorf("writing the finalizers: %w", err)
	}
	return nil
}

func copyOf(object v1alpha1.Object) v1alpha1.Object {
	return object.DeepCopyObject().(v1alpha1.Object) //nolint:forcetypeassert // a copy has the type of what it is a copy of
}
