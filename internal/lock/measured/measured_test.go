// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package measured

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// answers is a table that answers each operation with the same error.
type answers struct {
	lock.Table

	err error
}

func (a answers) Acquire(context.Context, lock.Request) (lock.Lock, error) { return lock.Lock{}, a.err }

func (a answers) Abandon(context.Context, lock.Row, time.Time) error { return a.err }

func (a answers) Reclaim(context.Context, lock.Row, time.Time) error { return a.err }

func (a answers) Claim(context.Context, lock.Lock, string, time.Time) error { return a.err }

func (a answers) Release(context.Context, lock.Lock, string, time.Time, lock.Ending) error {
	return a.err
}

func TestEachOperationIsCountedByItsResult(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	for _, name := range []string{"blue", "gone"} {
		m.Present("team", name)
		for err, times := range map[error]int{nil: 3, lock.ErrHeld: 2, lock.ErrNotHolder: 1, errors.New("no answer"): 1} {
			for range times {
				if err != nil {
					err = fmt.Errorf("wrapped: %w", err)
				}
				use(m.Table(answers{err: err}, "team", name))
			}
		}
	}
	m.Forget("team", "gone")
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, metric := range families[0].GetMetric() {
		labels := map[string]string{}
		for _, l := range metric.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		if labels["environment"] != "blue" {
			t.Errorf("an environment that is gone has a series: %v", labels)
		}
		if v := metric.GetCounter().GetValue(); v > 0 {
			got[labels["operation"]+" "+labels["result"]] = v
		}
	}
	want := map[string]float64{}
	for _, operation := range []string{acquire, claim, release, abandon, reclaim} {
		want[operation+" done"], want[operation+" held"], want[operation+" not_holder"], want[operation+" failed"] = 3, 2, 1, 1
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Where nothing is measured, nothing is in between.
func TestNothingIsMeasured(t *testing.T) {
	var m *Metrics
	m.Present("team", "blue")
	m.Forget("team", "blue")
	if _, ok := m.Table(answers{}, "team", "blue").(answers); !ok {
		t.Error("the table is wrapped")
	}
}

func use(l lock.Table) {
	ctx, now := context.Background(), time.Time{}
	_, _ = l.Acquire(ctx, lock.Request{})
	_ = l.Abandon(ctx, lock.Row{}, now)
	_ = l.Claim(ctx, lock.Lock{}, "", now)
	_ = l.Release(ctx, lock.Lock{}, "", now, lock.Ending{})
	_ = l.Reclaim(ctx, lock.Row{}, now)
}
