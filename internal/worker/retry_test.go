// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestRetryStops(t *testing.T) {
	w := newWorld(t)
	j, err := newJob(w.options)
	w.must(err)
	ctx, cancel := context.WithCancelCause(t.Context())
	calls := 0
	err = j.retry(ctx, contract.Retry{Tries: 100, Base: contract.Duration(time.Hour), Factor: 1, Cap: contract.Duration(time.Hour)}, "x", func(context.Context) error {
		calls++
		cancel(ErrInterrupted)
		return errGone
	})
	if calls != 1 || err == nil {
		t.Errorf("a run that is stopped waits for nothing: %d calls, %v", calls, err)
	}
}

func TestNoWaitPastTheEnd(t *testing.T) {
	w := newWorld(t)
	j, err := newJob(w.options)
	w.must(err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	calls := 0
	err = j.retry(ctx, contract.Retry{Tries: 100, Base: contract.Duration(time.Hour), Factor: 1, Cap: contract.Duration(time.Hour)}, "x", func(context.Context) error {
		calls++
		return errGone
	})
	if calls != 1 || err == nil || !strings.Contains(err.Error(), "no time for another try") || ctx.Err() != nil {
		t.Errorf("a wait that would use up the stage's time is not begun: %d calls, %v", calls, err)
	}
}
