// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/redact"
)

// hourly waits an hour between tries.
func hourly() retrier {
	return retrier{
		policy: contract.Retry{Tries: 100, Base: contract.Duration(time.Hour), Factor: 1, Cap: contract.Duration(time.Hour)}, clock: clock.RealClock{},
		random: func() float64 { return 0 }, clean: newCleaner(redact.New(redact.Options{})),
	}
}

func TestRetryStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	calls := 0
	err := hourly().do(ctx, "x", func(context.Context) error {
		calls++
		cancel(ErrInterrupted)
		return errGone
	})
	if calls != 1 || err == nil {
		t.Errorf("a run that is stopped waits for nothing: %d calls, %v", calls, err)
	}
}

func TestNoWaitPastTheEnd(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	calls := 0
	err := hourly().do(ctx, "x", func(context.Context) error {
		calls++
		return errGone
	})
	if calls != 1 || err == nil || !strings.Contains(err.Error(), "no time for another try") || ctx.Err() != nil {
		t.Errorf("a wait that would use up the stage's time is not begun: %d calls, %v", calls, err)
	}
}
