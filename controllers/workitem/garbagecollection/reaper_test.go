// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package garbagecollection

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestGone(t *testing.T) {
	now := noon
	row := lock.Row{CreatedAt: now.Add(-time.Hour)}
	often := policy.NotFound{Times: policy.NotFoundTimes, First: now.Add(-time.Hour), Last: now}
	for name, c := range map[string]struct {
		why    string
		change func(*lock.Row, *policy.NotFound)
		want   bool
	}{
		"often and long": {"it would be seen by now", func(*lock.Row, *policy.NotFound) {}, true},
		"rarely":         {"CodeBuild may lag once or twice", func(_ *lock.Row, m *policy.NotFound) { m.Times-- }, false},
		"young":          {"it may have been started only now", func(r *lock.Row, _ *policy.NotFound) { r.CreatedAt = now.Add(-policy.NotFoundAfter) }, false},
		"of unknown age": {"nothing is decided by what is not known", func(r *lock.Row, _ *policy.NotFound) { r.CreatedAt = time.Time{} }, false},
		"not settled":    {"its last request may still be on its way", func(_ *lock.Row, m *policy.NotFound) { m.First = now.Add(-settling / 2) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r, m := row, often
			c.change(&r, &m)
			if got := gone(now, r, m, settling); got != c.want {
				t.Errorf("%s: got %v", c.why, got)
			}
		})
	}
}
