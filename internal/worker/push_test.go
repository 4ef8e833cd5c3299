// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestFlightLeft(t *testing.T) {
	cases := map[string]struct {
		why    string
		pushAt time.Time
		want   time.Duration
	}{
		"None":     {"No push, no wait.", time.Time{}, 0},
		"JustNow":  {"All of it is left.", noon, pushFlight},
		"Earlier":  {"What passed is gone.", noon.Add(-20 * time.Second), 10 * time.Second},
		"LongAgo":  {"It has arrived by now, or never will.", noon.Add(-time.Hour), 0},
		"InFuture": {"A clock that was set back makes nobody wait for hours.", noon.Add(time.Hour), pushFlight},
	}
	for name, c := range cases {
		if got := flightLeft(noon, c.pushAt); got != c.want {
			t.Errorf("%s: %s got %s, want %s", name, c.why, got, c.want)
		}
	}
}

// slowSecrets is a remote whose credentials take a minute to read, each time.
type slowSecrets struct {
	Remote
	clock *jumpy
}

func (s slowSecrets) Credentials(ctx context.Context) (user, token string, err error) {
	s.clock.jump(time.Minute)
	return s.Remote.Credentials(ctx)
}

// attentive is a lock table that remembers when it was last asked, and when the lock was released.
type attentive struct {
	lock.Table
	clock *jumpy

	mu             sync.Mutex
	beat, released time.Time
}

func (l *attentive) Heartbeat(ctx context.Context, k lock.Lock, arn string, now, until time.Time, p lock.Progress) error {
	l.mu.Lock()
	l.beat = now
	l.mu.Unlock()
	return l.Table.Heartbeat(ctx, k, arn, now, until, p)
}

func (l *attentive) Release(ctx context.Context, k lock.Lock, arn string, now time.Time, e lock.Ending) error {
	l.mu.Lock()
	l.released = l.clock.Now()
	l.mu.Unlock()
	return l.Table.Release(ctx, k, arn, now, e)
}

func (l *attentive) beatAge() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clock.Since(l.beat)
}

// watch gives a world a clock that jumps and a lock table that remembers.
func (w *world) watch() (*jumpy, *attentive) {
	now := &jumpy{}
	locks := &attentive{Table: w.locks, clock: now}
	w.options.Clock, w.options.Ports.Lock = now, locks
	return now, locks
}

const pushOperation = "git receive-pack"

func (w *world) onPush(rule faults.Rule, do http.HandlerFunc) {
	rule.Service, rule.Operation, rule.Respond = githubemulator.Service, pushOperation, do
	w.faults.Add(rule)
}

func TestLeaseIsCheckedJustBeforeThePush(t *testing.T) {
	w := newWorld(t)
	now, locks := w.watch()
	w.options.Ports.Remote = slowSecrets{w.options.Ports.Remote, now}
	var ages []time.Duration
	w.onPush(faults.Rule{Nth: 1}, func(rw http.ResponseWriter, _ *http.Request) {
		ages = append(ages, locks.beatAge())
		rw.WriteHeader(http.StatusServiceUnavailable)
	})
	w.codebuild(t.Context())
	if _, result := w.row(); result.Tasks.Done != 3 {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	// The clock runs on while git starts, but the credentials' minute must not lie between.
	if len(ages) != 1 || ages[0] >= time.Minute {
		t.Errorf("the push began %v after the lease was checked; at most 10s is allowed", ages)
	}
}

// A push may arrive for a while after it was given up. Were the lock released before, it would land in the next attempt.
func TestNoReleaseUnderAPushOfUnknownFate(t *testing.T) {
	cases := map[string]struct {
		why       string
		stop      bool
		status    int
		prepare   func(*world)
		waits     bool
		outcome   contract.Outcome
		nothingOn bool
	}{
		"CutOff":  {why: "No try was answered.", status: http.StatusBadGateway, waits: true, outcome: contract.OutcomeInternalError},
		"Stopped": {why: "A signal comes while the server has the push.", stop: true, waits: true, outcome: contract.OutcomeInterrupted},
		"Refused": {
			why: "A push that was refused cannot arrive.", prepare: func(w *world) { w.must(w.github.ProtectBranch(testRepository, "feature/*")) },
			outcome: contract.OutcomeInternalError, nothingOn: true,
		},
		"Denied": {why: "Nor one that the server does not let in.", status: http.StatusForbidden, outcome: contract.OutcomeInternalError},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			now, locks := w.watch()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if c.prepare != nil {
				c.prepare(w)
			}
			var last time.Time
			if !c.nothingOn {
				w.onPush(faults.Rule{}, func(rw http.ResponseWriter, r *http.Request) {
					last = now.Now()
					if c.stop {
						cancel(ErrInterrupted)
						<-r.Context().Done()
						return
					}
					rw.WriteHeader(c.status)
				})
			}
			w.codebuild(ctx)
			row, result := w.row()
			if row.Status != contract.StatusFailed || result.Outcome != c.outcome || result.FailedStage != contract.StageAgent {
				t.Fatalf("%s\ngot %s %+v\n%s", c.why, row.Status, result, w.log)
			}
			if waited := len(now.waits) > 0; waited != c.waits {
				t.Errorf("%s\nwaits %v", c.why, now.waits)
			}
			if between := locks.released.Sub(last); c.waits && between < pushFlight {
				t.Errorf("%s\nthe lock was released %s after the push", c.why, between)
			}
		})
	}
}

// What a worker that was killed left running must be over before anything is told or released.
func TestOrphansOfAKilledWorker(t *testing.T) {
	w := newWorld(t)
	now, locks := w.watch()
	w.must(w.codeOf(PhasePreBuild))
	j, err := newJob(w.options)
	w.must(err)
	// The state as a worker leaves it that was killed while it pushed.
	j.state.begin(contract.StageAgent, now.Now())
	j.state.PushAt = now.Now().Add(-time.Hour)
	j.save()
	orphans := map[string]*exec.Cmd{}
	for name, entry := range map[string]string{"git": j.repo.ProcessMark(), "agent": "HOME=" + j.path("home"), "other": "HOME=" + j.path("elsewhere")} {
		cmd := exec.Command("sleep", "300")
		cmd.Env, cmd.SysProcAttr = append(os.Environ(), entry), &syscall.SysProcAttr{Setpgid: true}
		w.must(cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		orphans[name] = cmd
	}
	began := now.Now()
	Run(t.Context(), w.options, PhasePostBuild)
	for name, cmd := range orphans {
		if name == "other" {
			if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
				t.Errorf("a process of somebody else was ended: %v", err)
			}
			continue
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL { //nolint:forcetypeassert // of this system
			t.Errorf("the %s that was left was not ended: %v", name, err)
		}
	}
	if code := Run(t.Context(), w.options, PhaseFinally); code != ExitInterrupted {
		t.Errorf("exit code %d\n%s", code, w.log)
	}
	if between := locks.released.Sub(began); between < pushFlight {
		t.Errorf("the lock was released %s after a push was found on its way", between)
	}
	if row, result := w.row(); row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeInterrupted {
		t.Errorf("%s %+v", row.Status, result)
	}
}

// The end of a build is interrupted when all is done: its outcome stands.
func TestInterruptedInCleanup(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	w.options.Ports.Lock = stopping{Table: w.locks, stage: contract.StageCleanup, stop: func() { cancel(ErrInterrupted) }}
	codes := w.codebuild(ctx)
	row, result := w.row()
	if row.Status != contract.StatusComplete || !result.Succeeded() || codes[PhaseFinally] != ExitOK {
		t.Errorf("exit code %d, %s %+v\n%s", codes[PhaseFinally], row.Status, result, w.log)
	}
}
