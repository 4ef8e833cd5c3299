// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reporting

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestComment(t *testing.T) {
	updated, err := contract.Result{Outcome: contract.OutcomeTestsFailed, PullRequestUpdated: true}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		why    string
		change func(*world, *v1alpha1.WorkItem)
		want   int
	}{
		"the build said nothing": {"nobody else would", func(*world, *v1alpha1.WorkItem) {}, 1},
		"the build updated it": {"twice is once too often", func(w *world, _ *v1alpha1.WorkItem) {
			w.row = lock.Row{Exists: true, LockID: "mine", Fence: 7, BuildID: "arn:b", Status: contract.StatusFailed, Result: updated}
		}, 0},
		"no build":         {"nothing has happened to the branch", func(_ *world, i *v1alpha1.WorkItem) { i.Status.Attempt.Build = nil }, 0},
		"said before":      {"a reconcile is repeated", func(_ *world, i *v1alpha1.WorkItem) { i.Status.Attempt.PullRequestNotified = true }, 0},
		"no pull request":  {"there is nothing to comment on", func(_ *world, i *v1alpha1.WorkItem) { i.Status.Attempt.Parameters.PullRequest = 0 }, 0},
		"never an attempt": {"there is nothing to say", func(_ *world, i *v1alpha1.WorkItem) { i.Status.Attempt = nil }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w, item := newWorld(t), ended(v1alpha1.ReasonWorkerLost)
			c.change(w, item)
			if err := w.reporter(source()).comment(t.Context(), item, environment()); err != nil || len(w.comments) != c.want {
				t.Errorf("%s: %d comments, %v", c.why, len(w.comments), err)
			}
			if c.want > 0 && !item.Status.Attempt.PullRequestNotified {
				t.Error("it is not recorded, and would be repeated")
			}
		})
	}
}

// The comment names no text of a tool as markdown: a mention in it would notify strangers.
func TestOutcomeComment(t *testing.T) {
	got := outcomeComment(ended(v1alpha1.ReasonWorkerLost))
	for _, want := range []string{commentMarker, "WorkerLost", "`See 'it', @all.`", "`team/card-1`", "attempt 2", "`corr-1`"} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %s: %s", want, got)
		}
	}
}
