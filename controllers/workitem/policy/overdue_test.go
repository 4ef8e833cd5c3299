// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestFirstOverdue(t *testing.T) {
	condition := func(kind string, status metav1.ConditionStatus, ago time.Duration) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) {
			i.Status.Conditions = append(i.Status.Conditions, metav1.Condition{
				Type: kind, Status: status, Reason: v1alpha1.ReasonBranchNotFound, Message: "Push the branch.",
				LastTransitionTime: metav1.NewTime(noon.Add(-ago)),
			})
		}
	}
	queuedFor := func(ago time.Duration) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) {
			since := metav1.NewTime(noon.Add(-ago))
			i.Status.Queue = &v1alpha1.QueuePosition{Since: &since, Reason: v1alpha1.ReasonNoFreeSlot}
		}
	}
	over := condition(v1alpha1.ConditionBuildFinished, metav1.ConditionTrue, ConcludeWindow)
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.WorkItem)
		reason string
	}{
		"new":                {"nothing is waited for yet", func(*v1alpha1.WorkItem) {}, ""},
		"not accepted":       {"somebody is at it", condition(v1alpha1.ConditionAccepted, metav1.ConditionFalse, AcceptanceOverdue-time.Second), ""},
		"acceptance overdue": {"nobody is", condition(v1alpha1.ConditionAccepted, metav1.ConditionFalse, AcceptanceOverdue), v1alpha1.ReasonAcceptanceOverdue},
		"accepted long ago":  {"it does not wait for that", condition(v1alpha1.ConditionAccepted, metav1.ConditionTrue, 2*AcceptanceOverdue), ""},
		"queued":             {"it is a queue", queuedFor(QueueOverdue - time.Second), ""},
		"queue overdue":      {"its turn does not come", queuedFor(QueueOverdue), v1alpha1.ReasonQueueOverdue},
		"running": {"a build runs as long as its own deadlines allow", func(i *v1alpha1.WorkItem) {
			running(i)
			queuedFor(48 * time.Hour)(i)
		}, ""},
		"concluding": {"its lock is being released", func(i *v1alpha1.WorkItem) {
			running(i)
			condition(v1alpha1.ConditionBuildFinished, metav1.ConditionTrue, ConcludeWindow-time.Second)(i)
		}, ""},
		"concluding overdue": {"it holds slot and branch against the others", func(i *v1alpha1.WorkItem) {
			running(i)
			over(i)
		}, v1alpha1.ReasonConcludingOverdue},
		"finished": {"its outcome is known", func(i *v1alpha1.WorkItem) {
			running(i)
			over(i)
			condition(v1alpha1.ConditionSucceeded, metav1.ConditionFalse, 0)(i)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			item := itemOnBranch("x")
			c.change(item)
			reason, message := "", ""
			if got := FirstOverdue(noon, item); got != nil {
				reason, message = got.Reason, got.Message()
			}
			if reason != c.reason || item.Finished() != (name == "finished") {
				t.Errorf("%s: got %q %s, want %q", c.why, reason, message, c.reason)
			}
			if reason != "" && !strings.HasPrefix(message, "Since 2026-11-2") {
				t.Errorf("it does not say since when: %s", message)
			}
		})
	}
}
