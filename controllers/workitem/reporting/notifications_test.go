// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reporting

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestDue(t *testing.T) {
	for name, c := range map[string]struct {
		why  string
		item *v1alpha1.WorkItem
		want []string
	}{
		"succeeded": {"only who asked for it", ended(v1alpha1.ReasonSucceeded), []string{"all"}},
		"failed":    {"the dead-letter queue holds what failed", ended(v1alpha1.ReasonTestsFailed), []string{"all", "failures", v1alpha1.DeadLetterRule}},
		"cancelled": {"a person's own end is no failure", ended(v1alpha1.ReasonCancelled), []string{"all"}},
		"sent before": {"each is sent it once", func() *v1alpha1.WorkItem {
			i := ended(v1alpha1.ReasonTestsFailed)
			i.Status.Notified = []string{"failures"}
			return i
		}(), []string{"all", v1alpha1.DeadLetterRule}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, rule := range due(c.item, environment()) {
				got = append(got, rule.Name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s:\n%s", c.why, diff)
			}
		})
	}
}

// One destination that cannot be reached keeps nobody else from being notified, and is named.
func TestNotify(t *testing.T) {
	w, item := newWorld(t), ended(v1alpha1.ReasonTestsFailed)
	w.refuses = "https://failures"
	err := w.reporter().notify(t.Context(), item, environment())
	if err == nil || !strings.Contains(err.Error(), "notifying failures") {
		t.Errorf("the error does not name the rule: %v", err)
	}
	if diff := cmp.Diff([]string{"arn:all", deadLetterQueue}, w.sent); diff != "" {
		t.Error(diff)
	}
	w.refuses = ""
	if err := w.reporter().notify(t.Context(), item, environment()); err != nil || len(w.sent) != 3 {
		t.Errorf("the second time: %v, %v", w.sent, err)
	}
}

func TestMessage(t *testing.T) {
	item := ended(v1alpha1.ReasonTestsFailed)
	item.Name = "card-\u00fc-" + strings.Repeat("x", 200)
	item.Status.Result = &v1alpha1.Result{PullRequestURL: "https://pr", LogsURL: "https://log"}
	got := message(item)
	if len(got.Subject) != maxSubject || strings.Contains(got.Subject, "\u00fc") {
		t.Errorf("SNS refuses the subject %q", got.Subject)
	}
	for _, want := range []string{"ended: TestsFailed.", "Pull request: https://pr", "Log: https://log", "Correlation id: corr-1"} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("the text lacks %q: %s", want, got.Text)
		}
	}
	if strings.Contains(got.Text, "Artifacts") {
		t.Errorf("what there is not is named: %s", got.Text)
	}
	if got.Attributes["outcome"] != v1alpha1.ReasonTestsFailed || got.Attributes["phase"] != string(v1alpha1.PhaseFailed) {
		t.Errorf("attributes %v", got.Attributes)
	}
	item.Status.Attempt.Number++
	if message(item).ID == got.ID {
		t.Error("the end of another attempt would be dropped as a repetition")
	}
}
