// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// Keys of log entries.
const (
	keyReason  = "reason"
	keyMessage = "message"
)

// What the controller was doing, in the words of the events API.
const (
	actionCheck  = "Check"
	actionDelete = "Delete"
)

// notice is what somebody who looks at an environment is told.
type notice struct {
	kind, reason, action, message string
}

func becameUsable(c *metav1.Condition) *notice {
	return &notice{corev1.EventTypeNormal, c.Reason, actionCheck, c.Message}
}

func becameUnusable(c *metav1.Condition) *notice {
	return &notice{corev1.EventTypeWarning, c.Reason, actionCheck, c.Message}
}

// isQuestionable: it is usable, and not as it should be.
func isQuestionable(c *metav1.Condition) *notice {
	return &notice{corev1.EventTypeWarning, c.Reason, actionCheck, c.Message}
}

// forcedOff names what may still run after the finalizer was forced off.
func forcedOff(users []user) *notice {
	var running []string
	for _, u := range users {
		if u.build != "" {
			running = append(running, u.build)
		}
	}
	message := fmt.Sprintf("The environment was let go by force, although work items use it: %s.", names(users))
	if len(running) > 0 {
		message += " These builds may still run: " + strings.Join(running, ", ")
	}
	return &notice{corev1.EventTypeWarning, v1alpha1.ReasonInUse, actionDelete, fault.Clean(message)}
}

// announced are the conditions whose transitions are told.
var announced = []string{v1alpha1.ConditionReady, v1alpha1.ConditionLockTableReady, v1alpha1.ConditionProjectReady}

// transition is the notice of a condition's change, or nil if it did not change. Only status and reason count.
func transition(before, after *metav1.Condition) *notice {
	same := before != nil && after != nil && before.Status == after.Status && before.Reason == after.Reason
	switch {
	case after == nil, same:
		return nil
	case after.Status == metav1.ConditionTrue && after.Reason == v1alpha1.ReasonInvalidConfiguration:
		return isQuestionable(after)
	case after.Type != v1alpha1.ConditionReady:
		return nil // Ready tells it
	case after.Status == metav1.ConditionTrue:
		return becameUsable(after)
	}
	return becameUnusable(after)
}

// announce tells of transitions, after they were persisted.
func (r *Reconciler) announce(ctx context.Context, before, environment *v1alpha1.WorkEnvironment) {
	for _, kind := range announced {
		n := transition(
			meta.FindStatusCondition(before.Status.Conditions, kind), meta.FindStatusCondition(environment.Status.Conditions, kind))
		if n == nil {
			continue
		}
		r.tell(environment, n)
		if kind == v1alpha1.ConditionReady {
			log.FromContext(ctx).Info("The environment's readiness changed", keyReason, n.reason, keyMessage, n.message)
		}
	}
}

func (r *Reconciler) tell(environment *v1alpha1.WorkEnvironment, n *notice) {
	r.Events.Eventf(environment, nil, n.kind, n.reason, n.action, "%s", n.message)
}
