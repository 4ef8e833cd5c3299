// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
)

type step = reconcile.Step[*v1alpha1.WorkEnvironment]

// steps are the steps of a reconcile, in their order. A step that needs what another found, as reading the slots needs the
// table and the project, reads it from the status. A new step is one file and one line.
func (r *Reconciler) steps(now time.Time, part extent) []step {
	usage := []step{
		slotsStep{r.Tables, now},
		budgetStep{r.Tables, now},
		queueStep{r.Queues, now},
	}
	if part == usageOnly {
		return usage
	}
	checks := []step{
		tableStep{r.Tables, r.Metrics, now},
		projectStep{r.Builds, r.Prompts, r.Metrics, now},
		bucketStep{r.Stores, r.Metrics, now},
		secretsStep{r.Secrets, r.Metrics, now},
		notificationsStep{r.Notifications, r.Metrics, now},
		exclusionStep{r.Client, now},
	}
	return append(checks, usage...)
}

// conditionsOf is the environment's set of conditions, at the time at which the reconcile began.
func conditionsOf(environment *v1alpha1.WorkEnvironment, now time.Time) conditions.Set {
	return conditions.Of(&environment.Status.Conditions, environment.Generation, now)
}

// conditionOf is one of the environment's conditions, for reading; an empty one if it is absent.
func conditionOf(environment *v1alpha1.WorkEnvironment, kind string) metav1.Condition {
	if c := meta.FindStatusCondition(environment.Status.Conditions, kind); c != nil {
		return *c
	}
	return metav1.Condition{}
}
