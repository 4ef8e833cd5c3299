// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// EventRecorder is the part of events.EventRecorder that is used.
type EventRecorder interface {
	// Eventf records an event about an object.
	Eventf(regarding, related runtime.Object, eventType, reason, action, note string, args ...any)
}

// Log keys.
const (
	keyError       = "error"
	keyReason      = "reason"
	keyCondition   = "condition"
	keyStatus      = "status"
	keyDetail      = "detail" // "message" is the line's own
	keyAttempt     = "attempt"
	keyBuild       = "build"
	keyBranch      = "branch"
	keyCorrelID    = "correlationID"
	keyHow         = "how"
	keyRow         = "row"
	keyHolder      = "holder"
	keyEnvironment = "environment"
)

// told are the conditions whose change is worth an event.
var told = append(append([]string{}, v1alpha1.WorkItemSteps...), v1alpha1.ConditionSucceeded, v1alpha1.ConditionOverdue)

// announce records and logs what this reconcile has changed: on transitions only.
func (r *Reconciler) announce(ctx context.Context, before, item *v1alpha1.WorkItem) {
	for _, kind := range told {
		was, is := before.Condition(kind), item.Condition(kind)
		if is.Type == "" || (was.Status == is.Status && was.Reason == is.Reason) || (kind == v1alpha1.ConditionSucceeded && !item.Finished()) {
			continue
		}
		r.logger(ctx, item).Info("Condition changed", keyCondition, kind, keyStatus, is.Status, keyReason, is.Reason, keyDetail, is.Message)
		if kind == v1alpha1.ConditionOverdue {
			r.metrics.overdue.WithLabelValues(is.Reason).Inc()
		}
		r.events.Eventf(item, nil, eventType(is), eventReason(kind, is), "Reconcile", "%s", is.Message)
	}
	if !before.Finished() && item.Finished() {
		r.metrics.outcomes.WithLabelValues(item.Condition(v1alpha1.ConditionSucceeded).Reason).Inc()
	}
}

// logger names the item's work on every line.
func (r *Reconciler) logger(ctx context.Context, item *v1alpha1.WorkItem) logr.Logger {
	l := log.FromContext(ctx).WithValues(keyCorrelID, item.Status.CorrelationID, keyBranch, item.Spec.Branch)
	if a := item.Status.Attempt; a != nil {
		l = l.WithValues(keyAttempt, a.Number)
		if a.Build != nil {
			l = l.WithValues(keyBuild, a.Build.ID)
		}
	}
	return l
}

// eventType warns of what a person should look at: an item that failed, a wait that lasts too long, a build that goes on
// although it is to stop.
func eventType(c metav1.Condition) string {
	switch {
	case c.Type == v1alpha1.ConditionSucceeded && c.Status == metav1.ConditionFalse,
		c.Type == v1alpha1.ConditionOverdue,
		c.Reason == v1alpha1.ReasonStopRefused, c.Reason == v1alpha1.ReasonWillNotStop:
		return corev1.EventTypeWarning
	}
	return corev1.EventTypeNormal
}

// eventReason is the condition's name where it became True, and else why it is not.
func eventReason(kind string, c metav1.Condition) string {
	if c.Status == metav1.ConditionTrue && kind != v1alpha1.ConditionOverdue {
		return kind
	}
	return c.Reason
}

// mayStillRun names what a forced deletion leaves behind.
func mayStillRun(a *v1alpha1.Attempt) string {
	if a.Build == nil {
		return fmt.Sprintf("Deleted by force. A build may yet start for lock %s; it will find its lock and run. Look at project %s.",
			a.LockID, a.Parameters.ProjectName)
	}
	return fmt.Sprintf("Deleted by force. Build %s may still run and holds %s until its end.", a.Build.ID, a.Parameters.BranchKey)
}
