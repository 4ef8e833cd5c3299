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

// notificationsStep checks that the topics and queues that the ends of items are sent to are there. Nothing is sent.
type notificationsStep struct {
	destinations Notifications
	metrics      *Metrics
	now          time.Time
}

func (notificationsStep) Condition() string { return v1alpha1.ConditionNotificationsReady }

func (s notificationsStep) Reconcile(ctx context.Context, environment *v1alpha1.WorkEnvironment) (reconcile.Result, error) {
	rules := environment.Spec.Destinations()
	var failures []error
	for i := range rules {
		err := s.check(ctx, environment, &rules[i])
		s.metrics.checked(environment, checkDestination, err)
		if err != nil {
			failures = append(failures, err)
		}
	}
	if err := gravest(failures); err != nil {
		return reconcile.Result{}, err
	}
	message := "The topics and queues exist."
	if len(rules) == 0 {
		message = "No topic or queue is named."
	}
	conditionsOf(environment, s.now).True(v1alpha1.ConditionNotificationsReady, v1alpha1.ReasonUsable, message)
	return reconcile.Done(), nil
}

func (s notificationsStep) check(ctx context.Context, environment *v1alpha1.WorkEnvironment, rule *v1alpha1.NotificationRule) error {
	checker, err := s.destinations.NotificationChecker(ctx, environment.Namespace, environment.Spec.AWS, rule)
	if err != nil {
		return fmt.Errorf("reaching what %s sends to: %w", rule.Name, err)
	}
	return checker.Check(ctx)
}
