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

// secretsStep checks that the secrets that a build reads are there. It looks them up and reads none: they are the build's.
type secretsStep struct {
	finders Secrets
	metrics *Metrics
	now     time.Time
}

func (secretsStep) Condition() string { return v1alpha1.ConditionSecretsReady }

func (s secretsStep) Reconcile(ctx context.Context, environment *v1alpha1.WorkEnvironment) (reconcile.Result, error) {
	var failures []error
	for _, arn := range environment.Spec.Secrets() {
		err := s.check(ctx, environment, arn)
		s.metrics.checked(environment, checkSecret, err)
		if err != nil {
			failures = append(failures, err)
		}
	}
	if err := gravest(failures); err != nil {
		return reconcile.Result{}, err
	}
	conditionsOf(environment, s.now).True(v1alpha1.ConditionSecretsReady, v1alpha1.ReasonUsable, "The secrets of the builds exist.")
	return reconcile.Done(), nil
}

func (s secretsStep) check(ctx context.Context, environment *v1alpha1.WorkEnvironment, arn string) error {
	finder, err := s.finders.SecretFinder(ctx, environment.Namespace, environment.Spec.AWS, arn)
	if err != nil {
		return fmt.Errorf("reaching Secrets Manager: %w", err)
	}
	return finder.Find(ctx, arn)
}
