// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"cmp"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestFinishEndsAnOpenAttempt(t *testing.T) {
	for name, was := range map[string]string{"open": "", "ended before": v1alpha1.ReasonTimedOut} {
		t.Run(name, func(t *testing.T) {
			item := &v1alpha1.WorkItem{Status: v1alpha1.WorkItemStatus{Attempt: &v1alpha1.Attempt{Outcome: was}}}
			finish(item, policy.Outcome{Name: contract.OutcomeAlreadyDone}, time.Unix(1, 0))
			want := cmp.Or(was, v1alpha1.ReasonAlreadyDone)
			if item.AttemptActive() || item.Status.Attempt.Outcome != want {
				t.Errorf("the attempt's outcome is %q, want %q: an open one holds its branch against others", item.Status.Attempt.Outcome, want)
			}
		})
	}
}
