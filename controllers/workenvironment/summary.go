// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

// checkedConditions are the conditions that Ready stands for, in the order in which it names what is wrong.
var checkedConditions = []string{
	v1alpha1.ConditionLockTableReady, v1alpha1.ConditionProjectReady, v1alpha1.ConditionBucketReady, v1alpha1.ConditionSecretsReady,
	v1alpha1.ConditionNotificationsReady,
}

// summarize sets Ready from the checks, and Stalled if a check failed in a way that only a person can fix. Where no checks
// were made, Stalled stays as the last ones left it.
func summarize(environment *v1alpha1.WorkEnvironment, now time.Time, part extent, failures []reconcile.Failure) {
	set := conditionsOf(environment, now)
	set.Summarize(v1alpha1.ReasonUsable, "Everything that the environment names can be used.", checkedConditions...)
	if environment.Spec.Suspend && conditionOf(environment, v1alpha1.ConditionReady).Status == metav1.ConditionTrue {
		set.True(v1alpha1.ConditionReady, v1alpha1.ReasonSuspended,
			"Everything can be used, but no new build is started. Set spec.suspend to false to go on.")
	}
	switch ready := conditionOf(environment, v1alpha1.ConditionReady); {
	case ready.Status == metav1.ConditionTrue:
		set.Remove(v1alpha1.ConditionStalled)
	case part != everything:
	case needsPerson(failures):
		set.True(v1alpha1.ConditionStalled, ready.Reason, ready.Message)
	default:
		set.Remove(v1alpha1.ConditionStalled)
	}
}
