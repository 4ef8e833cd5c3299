// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// Nobody is granted a slot that is held, so nobody is refused it and finds its holder gone. With all slots held by a cluster
// that was lost, nothing would start until the next sweep.
func TestIdleSlotsAreCollectedForWhoWaits(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		row    func(*lock.Row)
		nobody bool // waits
		want   int
	}{
		"its lease is over":                {"its holder is gone, or the collector finds that it is not", func(r *lock.Row) { r.ExpiresAt = noon.Add(-time.Second); r.BuildID = "arn" }, false, 1},
		"nobody claimed it for long":       {"an item may have forgotten that it has it", func(r *lock.Row) { r.CreatedAt = noon.Add(-2 * time.Minute) }, false, 1},
		"nobody claimed it yet":            {"its build is being started", func(r *lock.Row) { r.CreatedAt = noon.Add(-10 * time.Second) }, false, 0},
		"a build works":                    {"its holder is well", func(r *lock.Row) { r.CreatedAt = noon.Add(-time.Hour); r.BuildID = "arn" }, false, 0},
		"its lease is over, nobody waits":  {"it is in nobody's way, and the sweeper finds it", func(r *lock.Row) { r.ExpiresAt = noon.Add(-time.Second) }, true, 0},
		"its lease is over, it was freed":  {"it is free", func(r *lock.Row) { r.ExpiresAt = noon.Add(-time.Second); r.Status = contract.StatusFailed }, false, 0},
		"its lease is over, it is foreign": {"the collector knows what is not ours", func(r *lock.Row) { r.ExpiresAt = noon.Add(-time.Second); r.Foreign = true }, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.environments = []v1alpha1.WorkEnvironment{*environment("team")}
			if !c.nobody {
				w.items = []v1alpha1.WorkItem{*waiting("one")}
			}
			row := w.hold(4, "uid-gone", 1)
			row.CreatedAt, row.ExpiresAt = noon, noon.Add(time.Hour)
			c.row(&row)
			w.rows[row.Key] = row
			var idle []string
			w.dispatcher.OnIdleSlots(func(_ context.Context, env *v1alpha1.WorkEnvironment, slots []lock.Row) {
				for _, s := range slots {
					idle = append(idle, s.Key)
					w.rows[s.Key] = lock.Row{Key: s.Key}
					w.dispatcher.Freed(env, s)
				}
			})
			w.start()
			w.dispatcher.Tick(t.Context())
			if len(idle) != c.want {
				t.Errorf("%s: %q were handed to the collector, want %d", c.why, idle, c.want)
			}
			if c.want == 1 {
				if diff := cmp.Diff([]string{"one"}, w.granted); diff != "" {
					t.Errorf("once the slot is free, it is granted (-want +got):\n%s", diff)
				}
			}
		})
	}
}
