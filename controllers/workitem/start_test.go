// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestNextStart(t *testing.T) {
	intent := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	attempt := func(calls int32, lockID string) *v1alpha1.Attempt {
		at, by := metav1.NewMicroTime(intent), metav1.NewTime(intent.Add(startWindow))
		return &v1alpha1.Attempt{LockID: lockID, StartCalls: calls, IntentTime: &at, Deadlines: v1alpha1.AttemptDeadlines{StartBy: &by}}
	}
	for name, c := range map[string]struct {
		why    string
		calls  int32
		lockID string
		want   time.Duration
	}{
		"first":    {"the first call is made at once", 0, "0000", 0},
		"second":   {"a refused call is repeated after the base", 1, "0000", 5 * time.Second},
		"third":    {"each wait is twice the one before, counted from the intent", 2, "0000", 15 * time.Second},
		"jitter":   {"another attempt waits a little less, or two would go on meeting", 2, "ffff", 12 * time.Second},
		"many":     {"a count that grew very large costs no time and stays near the window's end", 1 << 30, "0000", 135 * time.Second},
		"no digit": {"a lock id of another make has no jitter", 1, "zz", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			if got := nextStart(attempt(c.calls, c.lockID)).Sub(intent).Round(time.Millisecond * 10); got != c.want {
				t.Errorf("%s: got %s, want %s", c.why, got, c.want)
			}
		})
	}
}
