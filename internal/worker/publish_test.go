// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"net/http"
	"strings"
	"sync"
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

	mu                sync.Mutex
	renewed, released time.Time
}

func (l *attentive) Heartbeat(ctx context.Context, k lock.Lock, arn string, now, expiresAt time.Time, p lock.Progress) error {
	l.mu.Lock()
	l.renewed = now
	l.mu.Unlock()
	return l.Table.Heartbeat(ctx, k, arn, now, expiresAt, p)
}

func (l *attentive) Release(ctx context.Context, k lock.Lock, arn string, now time.Time, e lock.Ending) error {
	l.mu.Lock()
	l.released = l.clock.Now()
	l.mu.Unlock()
	return l.Table.Release(ctx, k, arn, now, e)
}

func (l *attentive) leaseAge() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clock.Since(l.renewed)
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
		ages = append(ages, locks.leaseAge())
		rw.WriteHeader(http.StatusServiceUnavailable)
	})
	w.codebuild(t.Context())
	if _, result := w.row(); result.Tasks.Done != 3 {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	// The clock runs on while git starts, but the credentials' minute must not be in between.
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

func TestPushWhoseAnswerWasLost(t *testing.T) {
	w := newWorld(t)
	w.faults.Add(faults.Rule{Service: githubemulator.Service, Operation: "git receive-pack", Nth: 1, Fault: faults.Fault{LoseAnswer: true}})
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded || result.Commit != w.head() {
		t.Errorf("a push that arrived is recognised: %+v\n%s", result, w.log)
	}
}

// The same between two tasks: the second is not pushed over it, and not lost; the next attempt goes on from theirs.
func TestBranchRewrittenBetweenTasks(t *testing.T) {
	w := newWorld(t)
	p := w.person()
	p.rewrites()
	push := "git -C '" + p.dir + "' " + strings.Join(p.force(), " ")
	w.options.Parameters.Settings.AgentCommand = shell(`[ "$1" = 3 ] && { ` + push + ` || exit 1; }; echo "task $1" > work-$1.txt`)
	w.codebuild(t.Context())
	row, result := w.row()
	if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeInternalError || !strings.Contains(result.Message, "moved by somebody else") {
		t.Fatalf("got %s %+v\n%s", row.Status, result, w.log)
	}
	if w.file("theirs.txt") != "theirs" || w.file("work-2.txt") != "" {
		t.Error("their history was overwritten")
	}
	diff := w.bucket.objects[testDiff]
	if !strings.Contains(diff, "+task 2") || !strings.Contains(diff, "+task 3") {
		t.Errorf("the work of both tasks is in the diff, and nowhere else:\n%s", diff)
	}
	if strings.Contains(w.log.String()+w.body(), testToken) {
		t.Error("the token is shown")
	}
	w.options.Parameters.Settings.AgentCommand = goodAgent()
	w.next(2)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded || w.file("theirs.txt") != "theirs" || w.file("work-2.txt") == "" {
		t.Errorf("the next attempt: %+v", result)
	}
}
