// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"context"
	"errors"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// holder is a lock table whose answer can be chosen.
type holder struct {
	answers    []error
	heartbeats int
	last       lock.Progress
}

func (h *holder) Claim(context.Context, lock.Lock, string, time.Time) error { return h.next() }

func (h *holder) Release(context.Context, lock.Lock, string, time.Time, lock.Ending) error {
	return h.next()
}

func (h *holder) Heartbeat(_ context.Context, _ lock.Lock, _ string, _, _ time.Time, p lock.Progress) error {
	h.heartbeats++
	h.last = p
	return h.next()
}

func (h *holder) Parameters(context.Context, lock.Lock) (string, error) { return "", h.next() }

func (h *holder) next() error {
	if len(h.answers) == 0 {
		return nil
	}
	err := h.answers[0]
	h.answers = h.answers[1:]
	return err
}

func TestEnsure(t *testing.T) {
	down := errors.New("network is down")
	gone := &lock.Refusal{Err: lock.ErrNotHolder, Message: "another build holds it"}
	t.Run("An effect long after the last heartbeat sends another", func(t *testing.T) {
		clk := testingclock.NewFakePassiveClock(noon)
		h := &holder{}
		r := New(h, lock.Lock{}, "arn", time.Hour, clk)
		r.claimed(noon)
		if err := r.Ensure(t.Context(), time.Minute); err != nil || h.heartbeats != 0 {
			t.Errorf("a fresh claim is a check: %v after %d heartbeats", err, h.heartbeats)
		}
		clk.SetTime(noon.Add(time.Minute))
		if err := r.Ensure(t.Context(), time.Minute); err != nil || h.heartbeats != 1 {
			t.Errorf("an old one is not: %v after %d heartbeats", err, h.heartbeats)
		}
	})
	t.Run("A network that is down does not lose the lease, but allows nothing either", func(t *testing.T) {
		clk := testingclock.NewFakePassiveClock(noon.Add(time.Minute))
		r := New(&holder{answers: []error{down}}, lock.Lock{}, "arn", time.Hour, clk)
		r.claimed(noon)
		if err := r.Ensure(t.Context(), time.Minute); !errors.Is(err, down) || errors.Is(err, ErrLost) {
			t.Errorf("got %v", err)
		}
		if err := r.Ensure(t.Context(), time.Minute); err != nil {
			t.Errorf("when the network is back all is well: %v", err)
		}
	})
	t.Run("A refusal loses the lease for good", func(t *testing.T) {
		h := &holder{answers: []error{gone}}
		r := New(h, lock.Lock{}, "arn", time.Hour, testingclock.NewFakePassiveClock(noon.Add(time.Minute)))
		r.claimed(noon)
		for range 2 {
			if err := r.Ensure(t.Context(), time.Minute); !errors.Is(err, ErrLost) {
				t.Errorf("got %v", err)
			}
		}
		if h.heartbeats != 1 {
			t.Errorf("a lost lease is not renewed again, but was, %d times", h.heartbeats)
		}
	})
	t.Run("The lease counts from when the heartbeat was sent", func(t *testing.T) {
		clk := testingclock.NewFakePassiveClock(noon)
		r := New(slowHolder{holder: &holder{}, clock: clk, takes: 11 * time.Second}, lock.Lock{}, "arn", time.Hour, clk)
		if err := r.Ensure(t.Context(), time.Minute); err == nil {
			t.Error("an answer that took eleven seconds says how things were eleven seconds ago")
		}
	})
}

type slowHolder struct {
	*holder
	clock *testingclock.FakePassiveClock
	takes time.Duration
}

func (s slowHolder) Heartbeat(ctx context.Context, l lock.Lock, arn string, now, expiresAt time.Time, p lock.Progress) error {
	s.clock.SetTime(s.clock.Now().Add(s.takes))
	return s.holder.Heartbeat(ctx, l, arn, now, expiresAt, p)
}

func TestRenewAtTicksSendsOneHeartbeatATick(t *testing.T) {
	h := &holder{answers: []error{nil, errors.New("down"), &lock.Refusal{Err: lock.ErrNotHolder, Message: "gone"}}}
	r := New(h, lock.Lock{}, "arn", time.Hour, testingclock.NewFakePassiveClock(noon))
	r.claimed(noon)
	ticks := make(chan time.Time)
	var lost error
	var failures int
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.RenewAtTicks(t.Context(), ticks, func(err error) { lost = err }, func(error) { failures++ })
	}()
	r.Report(lock.Progress{Stage: contract.StageAgent, Tasks: contract.Tasks{Done: 1, Total: 2}})
	for range 3 {
		ticks <- noon
	}
	<-done
	if !errors.Is(lost, ErrLost) || failures != 1 || h.heartbeats != 3 {
		t.Errorf("lost %v, %d failures, %d heartbeats", lost, failures, h.heartbeats)
	}
	if h.last.Stage != contract.StageAgent || h.last.Tasks.Done != 1 {
		t.Errorf("a heartbeat carries the newest progress, got %+v", h.last)
	}
}

func TestRenewAtTicksIsSilentBeforeTheClaim(t *testing.T) {
	h := &holder{}
	r := New(h, lock.Lock{}, "arn", time.Hour, testingclock.NewFakePassiveClock(noon))
	ctx, cancel := context.WithCancel(t.Context())
	ticks, done := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(done)
		r.RenewAtTicks(ctx, ticks, func(error) {}, func(error) {})
	}()
	ticks <- noon
	ticks <- noon
	cancel()
	<-done
	if h.heartbeats != 0 {
		t.Errorf("a heartbeat before the claim would be refused and look like a lost lease; %d were sent", h.heartbeats)
	}
}

func TestClaim(t *testing.T) {
	down := errors.New("network is down")
	refused := &lock.Refusal{Err: lock.ErrNotHolder, Message: "another build claimed it"}
	cases := map[string]struct {
		why    string
		answer error
		is     error
		held   bool
	}{
		"Granted": {"The claim is the first check of the lease.", nil, nil, true},
		"Refused": {"A refusal is final.", refused, ErrRefused, false},
		"Unknown": {"Without an answer nothing is held, and the claim may be sent again.", down, down, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := New(&holder{answers: []error{c.answer}}, lock.Lock{}, "arn", time.Hour, testingclock.NewFakePassiveClock(noon))
			if err := r.Claim(t.Context()); !errors.Is(err, c.is) || (err == nil) != (c.is == nil) || errors.Is(err, ErrRefused) != (c.is == ErrRefused) { //nolint:errorlint // the case's own
				t.Errorf("%s\ngot %v", c.why, err)
			}
			if r.Held() != c.held {
				t.Errorf("%s\nheld: %t", c.why, r.Held())
			}
		})
	}
}

func TestReleaseOfAnothersLock(t *testing.T) {
	gone := &lock.Refusal{Err: lock.ErrNotHolder, Message: "gone"}
	r := New(&holder{answers: []error{gone}}, lock.Lock{}, "arn", time.Hour, testingclock.NewFakePassiveClock(noon))
	if err := r.Release(t.Context(), lock.Ending{}); !IsLost(err) || !errors.Is(err, lock.ErrNotHolder) {
		t.Errorf("got %v", err)
	}
}
