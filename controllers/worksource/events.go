// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Keys of log entries.
const (
	keyWorkItem = "workItem"
	keyCard     = "card"
	keyBranch   = "branch"
	keyReason   = "reason"
	keyMessage  = "message"
)

// actionPoll is what the controller was doing, in the words of the events API.
const actionPoll = "Poll"

// notice is what somebody who looks at a source is told.
type notice struct {
	kind, reason, message string
}

func becameReady(c *metav1.Condition) *notice {
	return &notice{corev1.EventTypeNormal, c.Reason, c.Message}
}

func becameUnready(c *metav1.Condition) *notice {
	return &notice{corev1.EventTypeWarning, c.Reason, c.Message}
}

func becameUncertain(c *metav1.Condition) *notice {
	return &notice{corev1.EventTypeNormal, c.Reason, c.Message}
}

// transition is the notice of a change of Ready, or nil if it did not change. Only status and reason count: the
// message has numbers in it that change from poll to poll.
func transition(before, after *metav1.Condition) *notice {
	switch {
	case after == nil, before != nil && before.Status == after.Status && before.Reason == after.Reason:
		return nil
	case after.Status == metav1.ConditionTrue:
		return becameReady(after)
	case after.Status == metav1.ConditionFalse:
		return becameUnready(after)
	}
	return becameUncertain(after)
}

// announce tells of a transition, after it was persisted.
func (r *Reconciler) announce(ctx context.Context, before, source *v1alpha1.WorkSource) {
	e := transition(
		meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady),
		meta.FindStatusCondition(source.Status.Conditions, v1alpha1.ConditionReady))
	if e == nil {
		return
	}
	r.events.Eventf(source, nil, e.kind, e.reason, actionPoll, "%s", e.message)
	log.FromContext(ctx).Info("The source's readiness changed", keyReason, e.reason, keyMessage, e.message)
}
