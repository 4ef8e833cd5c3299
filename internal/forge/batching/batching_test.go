// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package batching_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/forge/batching"
)

// echo answers each question with its branch as the commit, and counts the calls.
type echo struct {
	mu    sync.Mutex
	calls []int
	err   error
	hold  chan struct{}
	ended chan error
}

func (e *echo) Inspect(ctx context.Context, queries []forge.Query) ([]forge.Report, error) {
	e.mu.Lock()
	e.calls = append(e.calls, len(queries))
	e.mu.Unlock()
	if e.hold != nil {
		select {
		case <-e.hold:
		case <-ctx.Done():
			e.ended <- ctx.Err()
			return nil, ctx.Err()
		}
	}
	reports := make([]forge.Report, len(queries))
	for i, q := range queries {
		reports[i] = forge.Report{BranchFound: true, Commit: q.Branch}
	}
	return reports, e.err
}

func ask(t *testing.T, inspector forge.Inspector, n int) []error {
	t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			branch := fmt.Sprintf("b%d", i)
			reports, err := inspector.Inspect(t.Context(), []forge.Query{{Branch: branch}})
			if err == nil && reports[0].Commit != branch {
				err = fmt.Errorf("asked for %s, answered for %s", branch, reports[0].Commit)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	return errs
}

func TestQuestionsAreGathered(t *testing.T) {
	e := &echo{}
	inspector := batching.New(e, batching.Options{Window: 50 * time.Millisecond, Most: 20, Timeout: time.Minute})
	for _, err := range ask(t, inspector, 50) {
		if err != nil {
			t.Error(err)
		}
	}
	total := 0
	for _, n := range e.calls {
		if n > 20 {
			t.Errorf("a call had %d questions, at most 20 are allowed", n)
		}
		total += n
	}
	if total != 50 || len(e.calls) >= 50 {
		t.Errorf("50 questions were put in calls of %v", e.calls)
	}
}

func TestAFailureIsEverybodys(t *testing.T) {
	e := &echo{err: errors.New("away")}
	inspector := batching.New(e, batching.Options{Window: time.Millisecond, Most: 20, Timeout: time.Minute})
	for _, err := range ask(t, inspector, 3) {
		if !errors.Is(err, e.err) {
			t.Errorf("got %v", err)
		}
	}
}

func TestACallerThatLeavesEndsNobodyElsesCall(t *testing.T) {
	e := &echo{hold: make(chan struct{}), ended: make(chan error, 1)}
	inspector := batching.New(e, batching.Options{Window: 20 * time.Millisecond, Most: 20, Timeout: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	left, stayed := make(chan error), make(chan error)
	go func() {
		_, err := inspector.Inspect(ctx, []forge.Query{{Branch: "a"}})
		left <- err
	}()
	go func() {
		_, err := inspector.Inspect(t.Context(), []forge.Query{{Branch: "b"}})
		stayed <- err
	}()
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that left got %v", err)
	}
	close(e.hold)
	if err := <-stayed; err != nil {
		t.Errorf("the one that stayed got %v", err)
	}
}

func TestTheLastCallerToLeaveEndsTheCall(t *testing.T) {
	e := &echo{hold: make(chan struct{}), ended: make(chan error, 1)}
	inspector := batching.New(e, batching.Options{Window: time.Millisecond, Most: 20, Timeout: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := inspector.Inspect(ctx, []forge.Query{{Branch: "a"}})
		left <- err
	}()
	for {
		e.mu.Lock()
		begun := len(e.calls) > 0
		e.mu.Unlock()
		if begun {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-left
	if err := <-e.ended; err == nil {
		t.Error("the call went on for nobody")
	}
}
