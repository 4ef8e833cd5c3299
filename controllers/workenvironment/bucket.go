// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

// bucketStep checks that the bucket of the artifacts exists and can be reached.
type bucketStep struct {
	stores  Stores
	metrics *Metrics
	now     time.Time
}

func (bucketStep) Condition() string { return v1alpha1.ConditionBucketReady }

func (s bucketStep) Reconcile(ctx context.Context, environment *v1alpha1.WorkEnvironment) (reconcile.Result, error) {
	err := s.check(ctx, environment)
	s.metrics.checked(environment, checkArtifactBucket, err)
	if err != nil {
		return reconcile.Result{}, err
	}
	conditionsOf(environment, s.now).True(v1alpha1.ConditionBucketReady, v1alpha1.ReasonUsable,
		fmt.Sprintf("Bucket %q can be reached.", environment.Spec.Artifacts.Bucket))
	return reconcile.Done(), nil
}

func (s bucketStep) check(ctx context.Context, environment *v1alpha1.WorkEnvironment) error {
	store, err := s.stores.Store(ctx, environment.Namespace, environment.Spec.AWS)
	if err != nil {
		return fmt.Errorf("reaching S3: %w", err)
	}
	return store.CheckBucket(ctx, environment.Spec.Artifacts.Bucket)
}
