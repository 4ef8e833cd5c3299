// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/contract"
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
	logger := r.logger(ctx, item)
	if a := item.Status.Attempt; a != nil && a.Build != nil {
		logger = logger.WithValues(logging.KeyBuild, a.Build.ID)
	}
	for _, e := range attemptsEnded(before, item) {
		r.recorder.Record(logger, item, e)
	}
	r.recorder.Transitions(logger, before, item, recorded, conditionChanged)
	r.metrics.written(before, item, r.clock.Now())
}

// logger names the item's work on every line. The build is left to the lines that are about one.
func (r *Reconciler) logger(ctx context.Context, item *v1alpha1.WorkItem) logr.Logger {
	l := log.FromContext(ctx).WithValues(logging.KeyCorrelationID, item.Status.CorrelationID, logging.KeyBranch, item.Spec.Branch)
	if a := item.Status.Attempt; a != nil {
		l = l.WithValues(logging.KeyAttempt, a.Number)
		if a.TraceID != "" {
			l = l.WithValues(logging.KeyTrace, a.TraceID)
		}
	}
	return l
}

// conditionChanged is the event of a condition that changed. Its reason is the condition's type where that became True as
// it should, and else why it is not.
func conditionChanged(_, is metav1.Condition) *reconcile.Event {
	switch {
	case is.Type == v1alpha1.ConditionSucceeded && is.Status == metav1.ConditionUnknown:
		return nil // the steps' conditions say why
	case is.Type == v1alpha1.ConditionSucceeded && is.Status == metav1.ConditionFalse && !contract.Outcome(is.Reason).ByPerson():
		return reconcile.Warning(actionReconcile, is.Reason, is.Message)
	case is.Status == metav1.ConditionTrue && !conditions.ActionRequired(is.Reason):
		return plain(is, reconcile.Normal(actionReconcile, is.Type, is.Message))
	}
	return plain(is, reconcile.OfCondition(actionReconcile, is))
}

// plain leaves to the log what happens to every item on its way: that its build was started and how it ended are its two
// events, beside what goes wrong or has to be waited for.
func plain(is metav1.Condition, e *reconcile.Event) *reconcile.Event {
	switch is.Type {
	case v1alpha1.ConditionBuildStarted, v1alpha1.ConditionSucceeded, v1alpha1.ConditionOverdue:
		return e
	case v1alpha1.ConditionAdmitted:
		if conditions.ActionRequired(is.Reason) {
			return e
		}
		return e.Quietly()
	}
	if is.Status == metav1.ConditionTrue && !conditions.ActionRequired(is.Reason) {
		return e.Quietly()
	}
	return e
}

// attemptsEnded are the events of attempts that ended without ending the item. The conditions do not show them: the next
// attempt begins without any.
func attemptsEnded(before, item *v1alpha1.WorkItem) []*reconcile.Event {
	var events []*reconcile.Event
	for _, past := range item.Status.PastAttempts {
		if remembered(before, past.Number) || knownAsOver(before, past.Number) {
			continue
		}
		note := fmt.Sprintf("Attempt %d ended as %s, and another follows. %s", past.Number, past.Outcome, past.Message)
		if conditions.ActionRequired(past.Outcome) {
			events = append(events, reconcile.Warning(actionReconcile, past.Outcome, note))
		} else {
			events = append(events, reconcile.Normal(actionReconcile, past.Outcome, note))
		}
	}
	return events
}

// knownAsOver reports whether an item's status had an attempt as over: a new trigger then only moves it to the past ones.
func knownAsOver(item *v1alpha1.WorkItem, number int32) bool {
	a := item.Status.Attempt
	return a != nil && a.Number == number && a.Outcome != ""
}

// forcedDeletion says what the deletion of an item by force leaves behind.
func forcedDeletion(a *v1alpha1.Attempt) *reconcile.Event {
	return reconcile.Warning(actionForceDelete, v1alpha1.ReasonDeleted, mayStillRun(a))
}
