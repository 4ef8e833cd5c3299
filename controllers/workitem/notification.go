// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

// notification is what people are told of an ended item.
func notification(item *v1alpha1.WorkItem) notify.Message {
	c := item.Condition(v1alpha1.ConditionSucceeded)
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
			"outcome": c.Reason, "phase": string(item.FinalPhase()), "environment": item.Spec.EnvironmentRef.Name,
			"workItem": item.Namespace + "/" + item.Name, "correlationId": item.Status.CorrelationID,
		},
	}
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
