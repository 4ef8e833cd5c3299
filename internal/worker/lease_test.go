// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestLeaseAllows(t *testing.T) {
	cases := map[string]struct {
		why    string
		lease  lease
		now    time.Time
		effect time.Duration
		err    string
	}{
		"Fresh":       {"Just checked, and hours to go.", renewed(noon, time.Hour), noon.Add(time.Second), time.Minute, ""},
		"TenSeconds":  {"Ten seconds are still good.", renewed(noon, time.Hour), noon.Add(10 * time.Second), time.Minute, ""},
		"Older":       {"A check that is older says nothing about now.", renewed(noon, time.Hour), noon.Add(10*time.Second + 1), time.Minute, "last checked"},
		"Short":       {"The call could still be on its way when the lease ends.", renewed(noon, time.Minute), noon.Add(time.Second), time.Minute, "the lease ends in"},
		"JustLonger":  {"Longer than the call's time-out is enough.", renewed(noon, time.Minute), noon.Add(time.Second), 58 * time.Second, ""},
		"Ended":       {"Over is over.", renewed(noon, time.Second), noon.Add(2 * time.Second), time.Millisecond, "the lease ends in"},
		"NeverClaims": {"A lease that was never checked is none.", lease{}, noon, time.Second, "never checked"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.lease.allows(c.now, c.effect)
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s\ngot %v", c.why, err)
			}
		})
	}
}

// holder is a lock table whose answer can be chosen.
type holder struct {
	answers []error
	beats   int
	last    lock.Progress
}

func (h *holder) Claim(context.Context, lock.Lock, string, time.Time) error { return nil }

func (h *holder) Release(context.Context, lock.Lock, string, time.Time, lock.Ending) error {
	return nil
}

func (h *holder) Heartbeat(_ context.Context, _ lock.Lock, _ string, _, _ time.Time, p lock.Progress) error {
	h.beats++
	h.last = p
	if len(h.answers) == 0 {
		return nil
	}
	err := h.answers[0]
	h.answers = h.answers[1:]
	return err
}

func TestKeeper(t *testing.T) {
	down := errors.New("network is down")
	gone := &lock.Refusal{Err: lock.ErrNotHolder, Message: "another build holds it"}
	t.Run("An effect long after the last heartbeat asks again", func(t *testing.T) {
		clk := testingclock.NewFakePassiveClock(noon)
		h := &holder{}
		k := &keeper{holder: h, ttl: time.Hour, clock: clk}
		k.claimed(noon)
		if err := k.ensure(t.Context(), time.Minute); err != nil || h.beats != 0 {
			t.Errorf("a fresh claim is a check: %v after %d beats", err, h.beats)
		}
		clk.SetTime(noon.Add(time.Minute))
		if err := k.ensure(t.Context(), time.Minute); err != nil || h.beats != 1 {
			t.Errorf("an old one is not: %v after %d beats", err, h.beats)
		}
	})
	t.Run("A network that is down is no lost lease, but no leave either", func(t *testing.T) {
		clk := testingclock.NewFakePassiveClock(noon.Add(time.Minute))
		k := &keeper{holder: &holder{answers: []error{down}}, ttl: time.Hour, clock: clk}
		k.claimed(noon)
		if err := k.ensure(t.Context(), time.Minute); !errors.Is(err, down) || errors.Is(err, errLost) {
			t.Errorf("got %v", err)
		}
		if err := k.ensure(t.Context(), time.Minute); err != nil {
			t.Errorf("when the network is back all is well: %v", err)
		}
	})
	t.Run("A refusal loses the lease for good", func(t *testing.T) {
		h := &holder{answers: []error{gone}}
		k := &keeper{holder: h, ttl: time.Hour, clock: testingclock.NewFakePassiveClock(noon.Add(time.Minute))}
		k.claimed(noon)
		for range 2 {
			if err := k.ensure(t.Context(), time.Minute); !errors.Is(err, errLost) {
				t.Errorf("got %v", err)
			}
		}
		if h.beats != 1 {
			t.Errorf("a lost lease is not asked for again, but was, %d times", h.beats)
		}
	})
	t.Run("The lease counts from when the heartbeat was sent", func(t *testing.T) {
		clk := testingclock.NewFakePassiveClock(noon)
		k := &keeper{ttl: time.Hour, clock: clk}
		k.holder = slowHolder{holder: &holder{}, clock: clk, takes: 11 * time.Second}
		if err := k.ensure(t.Context(), time.Minute); err == nil {
			t.Error("an answer that took eleven seconds says how things were eleven seconds ago")
		}
	})
}

type slowHolder struct {
	*holder
	clock *testingclock.FakePassiveClock
	takes time.Duration
}

func (s slowHolder) Heartbeat(ctx context.Context, l lock.Lock, arn string, now, until time.Time, p lock.Progress) error {
	s.clock.SetTime(s.clock.Now().Add(s.takes))
	return s.holder.Heartbeat(ctx, l, arn, now, until, p)
}

func TestKeepBeatsAtEachTick(t *testing.T) {
	h := &holder{answers: []error{nil, errors.New("down"), &lock.Refusal{Err: lock.ErrNotHolder, Message: "gone"}}}
	k := &keeper{holder: h, ttl: time.Hour, clock: testingclock.NewFakePassiveClock(noon)}
	k.claimed(noon)
	ticks := make(chan time.Time)
	var lost error
	var failures int
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.keep(t.Context(), ticks, func(err error) { lost = err }, func(error) { failures++ })
	}()
	k.tell(lock.Progress{Stage: contract.StageAgent, Tasks: contract.Tasks{Done: 1, Total: 2}})
	for range 3 {
		ticks <- noon
	}
	<-done
	if !errors.Is(lost, errLost) || failures != 1 || h.beats != 3 {
		t.Errorf("lost %v, %d failures, %d beats", lost, failures, h.beats)
	}
	if h.last.Stage != contract.StageAgent || h.last.Tasks.Done != 1 {
		t.Errorf("a heartbeat carries the newest progress, got %+v", h.last)
	}
}

func TestKeepIsSilentBeforeTheClaim(t *testing.T) {
	h := &holder{}
	k := &keeper{holder: h, ttl: time.Hour, clock: testingclock.NewFakePassiveClock(noon)}
	ctx, cancel := context.WithCancel(t.Context())
	ticks, done := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(done)
		k.keep(ctx, ticks, func(error) {}, func(error) {})
	}()
	ticks <- noon
	ticks <- noon
	cancel()
	<-done
	if h.beats != 0 {
		t.Errorf("a heartbeat before the claim would be refused and taken for a lost lease; %d were sent", h.beats)
	}
}

func TestAgentTime(t *testing.T) {
	cases := map[string]struct {
		why     string
		passed  time.Duration
		timeout time.Duration
		want    time.Duration
	}{
		"Whole":    {"An hour's build leaves 50 minutes.", 0, time.Hour, 50 * time.Minute},
		"Capped":   {"The tasks together never take over an hour.", 0, 8 * time.Hour, time.Hour},
		"Late":     {"What passed is gone.", 45 * time.Minute, time.Hour, 5 * time.Minute},
		"TooLate":  {"The reserve is not touched.", 55 * time.Minute, time.Hour, 0},
		"Short":    {"Half of a short build is kept.", 0, 10 * time.Minute, 5 * time.Minute},
		"OverTime": {"Never negative.", 2 * time.Hour, time.Hour, 0},
	}
	for name, c := range cases {
		if got := agentTime(noon.Add(c.passed), noon, c.timeout); got != c.want {
			t.Errorf("%s: %s got %s, want %s", name, c.why, got, c.want)
		}
	}
}
