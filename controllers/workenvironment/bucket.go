// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// checkBucket checks that the bucket of the artifacts is there and can be reached.
type checkBucket struct {
	stores  Stores
	metrics *Metrics
}

func (s checkBucket) run(ctx context.Context, l *look) error {
	if !l.check {
		return nil
	}
	bucket := l.environment.Spec.Artifacts.Bucket
	err := s.check(ctx, l.environment)
	s.metrics.checked(checkArtifactBucket, err)
	if err != nil {
		l.fail(v1alpha1.ConditionBucketReady, err)
		return nil
	}
	l.conditions().True(v1alpha1.ConditionBucketReady, v1alpha1.ReasonUsable, fmt.Sprintf("Bucket %q can be reached.", bucket))
	return nil
}

func (s checkBucket) check(ctx context.Context, environment *v1alpha1.WorkEnvironment) error {
	store, err := s.stores.Store(ctx, environment.Namespace, environment.Spec.AWS)
	if err != nil {
		return fmt.Errorf("reaching S3: %w", err)
	}
	return store.CheckBucket(ctx, environment.Spec.Artifacts.Bucket)
}
