// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// denies has AWS refuse an operation.
func denies(service, operation, code string) func(*world) {
	return func(w *world) {
		w.faults.Add(faults.Rule{Service: service, Operation: operation, Fault: faults.Fault{Status: http.StatusForbidden, Code: code, Message: "denied"}})
	}
}

func mentions(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("the message does not say %q: %s", part, text)
	}
}

// notifies gives an environment a topic, a queue and a dead-letter queue.
func notifies(e *v1alpha1.WorkEnvironment) {
	e.Spec.Notifications = []v1alpha1.NotificationRule{
		{Name: "people", Type: v1alpha1.NotificationSNS, TopicARN: topicARN}, {Name: "machines", Type: v1alpha1.NotificationSQS, QueueURL: queueURL},
	}
	e.Spec.DeadLetterQueueURL = deadURL
}

func TestNotificationsTrouble(t *testing.T) {
	kind := v1alpha1.ConditionNotificationsReady
	changed := func(change func(*v1alpha1.WorkEnvironment)) func(*v1alpha1.WorkEnvironment) {
		return func(e *v1alpha1.WorkEnvironment) { notifies(e); change(e) }
	}
	testTrouble(t, []trouble{
		{
			why:    "the topic is gone",
			change: changed(func(e *v1alpha1.WorkEnvironment) { e.Spec.Notifications[0].TopicARN += "x" }),
			kind:   kind, want: "False NotFound", says: "does not exist: create it, or correct spec.notifications", stalled: "True NotFound",
		},
		{
			why:    "the queue is gone",
			change: changed(func(e *v1alpha1.WorkEnvironment) { e.Spec.Notifications[1].QueueURL += "x" }),
			kind:   kind, want: "False NotFound", says: queueURL + "x does not exist", stalled: "True NotFound",
		},
		{
			why:    "the dead letters' queue is gone",
			change: changed(func(e *v1alpha1.WorkEnvironment) { e.Spec.DeadLetterQueueURL += "x" }),
			kind:   kind, want: "False NotFound", says: "spec.deadLetterQueueURL", stalled: "True NotFound",
		},
		{
			why:    "the role may not reach the topic",
			change: notifies, cause: denies("sns", "GetTopicAttributes", "AuthorizationError"),
			kind: kind, want: "False AccessDenied", says: "sns:GetTopicAttributes and sns:Publish", stalled: "True AccessDenied",
		},
		{
			why:    "the role may not reach the queues",
			change: notifies, cause: denies("sqs", "GetQueueAttributes", "AccessDenied"),
			kind: kind, want: "False AccessDenied", says: "sqs:GetQueueAttributes and sqs:SendMessage", stalled: "True AccessDenied",
		},
		{
			why:    "SQS does not answer: of the queues nothing is known",
			change: notifies, cause: breaks("sqs", faults.Fault{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable"}),
			kind: kind, want: "Unknown Unreachable", says: "again", stalled: "absent",
		},
	})
}

// TestNotificationsAreThere: looking sends nothing.
func TestNotificationsAreThere(t *testing.T) {
	w := newWorld(t)
	w.environment(notifies)
	w.reconcile()
	if e := w.get(); condition(e, v1alpha1.ConditionNotificationsReady) != "True Usable" || condition(e, v1alpha1.ConditionReady) != "True Usable" {
		t.Errorf("the environment is %s: %s", condition(e, v1alpha1.ConditionReady), message(e, v1alpha1.ConditionReady))
	}
	if n := w.faults.Calls("sns", "Publish") + w.faults.Calls("sqs", "SendMessage"); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}
