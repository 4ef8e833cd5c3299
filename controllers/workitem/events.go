// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// What the controller was doing when it recorded an event.
const (
	actionReconcile   = "Reconcile"
	actionForceDelete = "ForceDelete"
)

// recorded are the conditions whose change is worth an event.
var recorded = append(append([]string{}, v1alpha1.WorkItemSteps...), v1alpha1.ConditionSucceeded, v1alpha1.ConditionOverdue)

// record records what this reconcile has changed, as events, in the log and in the metrics: on transitions only.
func (r *Reconciler) record(ctx context.Context, before, item *v1alpha1.WorkItem) {
	r.recorder.Transitions(r.logger(ctx, item), before, item, recorded, conditionChanged)
	r.metrics.record(before, item)
}

// logger names the item's work on every line.
func (r *Reconciler) logger(ctx context.Context, item *v1alpha1.WorkItem) logr.Logger {
	l := log.FromContext(ctx).WithValues(logging.KeyCorrelationID, item.Status.CorrelationID, logging.KeyBranch, item.Spec.Branch)
	if a := item.Status.Attempt; a != nil {
		l = l.WithValues(logging.KeyAttempt, a.Number)
		if a.Build != nil {
			l = l.WithValues(logging.KeyBuild, a.Build.ID)
		}
	}
	return l
}

// conditionChanged is the event of a condition that changed. Its reason is the condition's type where that became True,
// and else why it is not.
func conditionChanged(_, is metav1.Condition) *reconcile.Event {
	if is.Type == v1alpha1.ConditionSucceeded && is.Status == metav1.ConditionUnknown {
		return nil // the steps' conditions say why
	}
	reason := is.Reason
	if is.Status == metav1.ConditionTrue && is.Type != v1alpha1.ConditionOverdue {
		reason = is.Type
	}
	if is.Type == v1alpha1.ConditionSucceeded && is.Status == metav1.ConditionFalse || is.Type == v1alpha1.ConditionOverdue ||
		is.Reason == v1alpha1.ReasonStopRefused || is.Reason == v1alpha1.ReasonWillNotStop {
		return reconcile.Warning(actionReconcile, reason, is.Message)
	}
	return reconcile.Normal(actionReconcile, reason, is.Message)
}

// forcedDeletion says what the deletion of an item by force leaves behind.
func forcedDeletion(a *v1alpha1.Attempt) *reconcile.Event {
	return reconcile.Warning(actionForceDelete, v1alpha1.ReasonDeleted, mayStillRun(a))
}
