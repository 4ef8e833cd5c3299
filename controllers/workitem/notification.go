// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

// notification is what people are told of an ended item.
func notification(item *v1alpha1.WorkItem) notify.Message {
	c := conditionOf(item, v1alpha1.ConditionSucceeded)
	var number int32
	if item.Status.Attempt != nil {
		number = item.Status.Attempt.Number
	}
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
	return notify.Message{
		ID:      contract.LockID(string(item.UID), number) + "-" + c.Reason,
		Subject: ascii(fmt.Sprintf("Kiro Worker: %s/%s %s", item.Namespace, item.Name, c.Reason), 100),
		Text:    text.String(),
		Attributes: map[string]string{
			"outcome": c.Reason, "phase": string(finalPhase(item)), "environment": item.Spec.EnvironmentRef.Name,
			"workItem": item.Namespace + "/" + item.Name, "correlationId": item.Status.CorrelationID,
		},
	}
}

// finalPhase is the phase of an ended item: Succeeded, Failed or Cancelled.
func finalPhase(item *v1alpha1.WorkItem) v1alpha1.Phase {
	switch {
	case conditionTrue(item, v1alpha1.ConditionSucceeded):
		return v1alpha1.PhaseSucceeded
	case personEnded(item):
		return v1alpha1.PhaseCancelled
	default:
		return v1alpha1.PhaseFailed
	}
}

// personEnded reports whether a person ended the item.
func personEnded(item *v1alpha1.WorkItem) bool {
	return slices.Contains(personal, conditionOf(item, v1alpha1.ConditionSucceeded).Reason)
}

// ascii keeps what an e-mail's subject may hold.
func ascii(text string, most int) string {
	kept := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return cut(kept, most)
}

// plainText keeps a text from being read as markdown, a mention or a closing keyword.
func plainText(text string) string {
	return "`" + strings.ReplaceAll(text, "`", "'") + "`"
}
