// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

// actionPoll is what the controller was doing, in the words of the events API.
const actionPoll = "Poll"

// withEvents are the conditions whose changes are events: Ready says whatever the others do.
var withEvents = []string{v1alpha1.ConditionReady}

// conditionChanged is the event of a changed condition.
func conditionChanged(_, is metav1.Condition) *reconcile.Event {
	return reconcile.OfCondition(actionPoll, is)
}
