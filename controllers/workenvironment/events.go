// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// What the controller was doing, in the words of the events API.
const (
	actionCheck  = "Check"
	actionDelete = "Delete"
)

// withEvents are the conditions whose changes are events.
var withEvents = []string{v1alpha1.ConditionReady, v1alpha1.ConditionLockTableReady, v1alpha1.ConditionProjectReady}

// conditionChanged is the event of a changed condition. Ready speaks for the checks that fail. A check that passes and still
// needs a person, because what it checked is usable and not as it should be, has an event of its own.
func conditionChanged(_, is metav1.Condition) *reconcile.Event {
	usableButWrong := is.Status == metav1.ConditionTrue && conditions.ActionRequired(is.Reason)
	if is.Type != v1alpha1.ConditionReady && !usableButWrong {
		return nil
	}
	return reconcile.OfCondition(actionCheck, is)
}

// deletedWhileInUse names what may still run after the finalizer was removed by force.
func deletedWhileInUse(users []user) *reconcile.Event {
	var running []string
	for _, u := range users {
		if u.build != "" {
			running = append(running, u.build)
		}
	}
	note := fmt.Sprintf("The environment was deleted because of the annotation %s, although work items use it: %s.",
		v1alpha1.ForceDeleteAnnotation, names(users))
	if len(running) > 0 {
		note += " These builds may still run; stop them in CodeBuild: " + strings.Join(running, ", ")
	}
	return reconcile.Warning(actionDelete, v1alpha1.ReasonInUse, fault.Clean(note))
}
