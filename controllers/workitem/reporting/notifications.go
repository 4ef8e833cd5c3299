// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reporting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

// maxSubject is the longest subject that SNS takes.
const maxSubject = 100

// notify sends the end of the item by each rule that asks for it, and to the dead-letter queue.
func (r *Reporter) notify(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) error {
	var errs []error
	for _, rule := range due(item, env) {
		notifier, err := r.access.Clients.Notifier(ctx, item.Namespace, env.Spec.AWS, &rule)
		if err == nil {
			err = notifier.Notify(ctx, message(item))
		}
		r.sent(item, kindOf(rule), err)
		if err != nil {
			errs = append(errs, fmt.Errorf("notifying %s: %w", rule.Name, err))
			continue
		}
		item.Status.Notified = append(item.Status.Notified, rule.Name)
	}
	return errors.Join(errs...)
}

// kindDeadLetter is the kind of what is sent to the dead-letter queue.
const kindDeadLetter = "dead_letter"

// Kinds are what notifications are counted by.
var Kinds = []string{"sns", "sqs", kindDeadLetter}

func kindOf(rule v1alpha1.NotificationRule) string {
	if rule.Name == v1alpha1.DeadLetterRule {
		return kindDeadLetter
	}
	return strings.ToLower(string(rule.Type))
}

// due are the rules by which the end of the item is to be sent and was not sent yet. The dead-letter queue is one more.
func due(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) []v1alpha1.NotificationRule {
	phase := item.FinalPhase()
	var all []v1alpha1.NotificationRule
	for _, rule := range env.Spec.Destinations() {
		if slices.Contains(rule.On, string(phase)) || rule.Name == v1alpha1.DeadLetterRule && phase == v1alpha1.PhaseFailed {
			all = append(all, rule)
		}
	}
	return slices.DeleteFunc(all, func(r v1alpha1.NotificationRule) bool { return slices.Contains(item.Status.Notified, r.Name) })
}

// message is what people are sent of an ended item.
func message(item *v1alpha1.WorkItem) notify.Message {
	c := item.Condition(v1alpha1.ConditionSucceeded)
	var number int32
	if item.Status.Attempt != nil {
		number = item.Status.Attempt.Number
	}
	return notify.Message{
		ID:      contract.LockID(string(item.UID), number) + "-" + c.Reason,
		Subject: subject(fmt.Sprintf("Kiro Worker: %s/%s %s", item.Namespace, item.Name, c.Reason)),
		Text:    text(item),
		Attributes: map[string]string{
			"outcome": c.Reason, "phase": string(item.FinalPhase()), "environment": item.Spec.EnvironmentRef.Name,
			"workItem": item.Namespace + "/" + item.Name, "correlationId": item.Status.CorrelationID,
		},
	}
}

func text(item *v1alpha1.WorkItem) string {
	c := item.Condition(v1alpha1.ConditionSucceeded)
	var text strings.Builder
	fmt.Fprintf(&text, "Work item %s/%s (%s, branch %s) ended: %s.\n%s\n",
		item.Namespace, item.Name, item.Spec.Repository, item.Spec.Branch, c.Reason, c.Message)
	if r := item.Status.Result; r != nil {
		for _, line := range []struct{ name, value string }{
			{"Pull request", r.PullRequestURL}, {"Artifacts", r.ArtifactsURL}, {"Log", r.LogsURL},
		} {
			if line.value != "" {
				fmt.Fprintf(&text, "%s: %s\n", line.name, line.value)
			}
		}
	}
	fmt.Fprintf(&text, "Correlation id: %s\n", item.Status.CorrelationID)
	return text.String()
}

// subject keeps what an e-mail's subject may hold.
func subject(text string) string {
	kept := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return fault.Cut(kept, maxSubject)
}
