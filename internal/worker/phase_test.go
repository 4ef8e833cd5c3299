// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// losing is a lock table that says, from the second heartbeat of a stage on, that the lock is another's.
type losing struct {
	lock.Table
	mark string
	when contract.Stage
}

func (l losing) Heartbeat(ctx context.Context, k lock.Lock, arn string, now, expiresAt time.Time, p lock.Progress) error {
	if p.Stage == l.when {
		_ = os.WriteFile(l.mark, nil, 0o600)
		return &lock.Refusal{Err: lock.ErrNotHolder, Message: "the row is another's"}
	}
	return l.Table.Heartbeat(ctx, k, arn, now, expiresAt, p)
}

func TestLostLeaseTouchesNothing(t *testing.T) {
	w := newWorld(t)
	if code := w.run(t.Context(), PhasePreBuild); code != ExitOK {
		t.Fatalf("pre_build ended with %d\n%s", code, w.log)
	}
	before := w.head()
	// Somebody who is sure that this build is over frees its rows.
	w.must(w.locks.Release(t.Context(), lockOf(w.options.Parameters), testBuild, time.Now(), lock.Ending{Status: contract.StatusFailed, Outcome: contract.OutcomeInternalError}))
	for _, phase := range []Phase{PhaseBuild, PhasePostBuild, PhaseFinally} {
		if code := w.run(t.Context(), phase); code != ExitLeaseLost {
			t.Errorf("phase %s ended with %d", phase, code)
		}
	}
	w.untouched(before)
	if !strings.Contains(w.log.String(), "The lease is lost") {
		t.Error("it must be said")
	}
}

func TestLeaseLostUnderTheAgent(t *testing.T) {
	w := newWorld(t)
	w.must(w.codeOf(PhasePreBuild))
	before := w.head()
	mark := filepath.Join(w.t.TempDir(), "lost")
	w.options.Parameters.Settings.AgentCommand = shell("echo x > f; while [ ! -e " + mark + " ]; do sleep 0.05; done")
	w.options.Ports.Lock = losing{Table: w.locks, mark: mark, when: contract.StageAgent}
	if code := w.run(t.Context(), PhaseBuild); code != ExitLeaseLost {
		t.Errorf("exit code %d\n%s", code, w.log)
	}
	for _, phase := range []Phase{PhasePostBuild, PhaseFinally} {
		if code := w.run(t.Context(), phase); code != ExitLeaseLost {
			t.Errorf("phase %s ended with %d", phase, code)
		}
	}
	w.untouched(before)
}

func TestInterruptedInEveryStage(t *testing.T) {
	for _, name := range []contract.Stage{contract.StageCheckout, contract.StageAgent, contract.StageTest, contract.StagePullRequest, contract.StageUpload} {
		t.Run(string(name), func(t *testing.T) {
			w := newWorld(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			w.options.Ports.Lock = stopping{Table: w.locks, stage: name, stop: func() { cancel(ErrInterrupted) }}
			codes := w.codebuild(ctx)
			row, result := w.row()
			if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeInterrupted {
				t.Errorf("the lock must be released as interrupted, got %s %+v\n%s", row.Status, result, w.log)
			}
			if code := codes[PhaseFinally]; code != ExitInterrupted {
				t.Errorf("exit code %d", code)
			}
			if result.PullRequestUpdated && name != contract.StageUpload {
				t.Error("there is no time to update the pull request; the controller does")
			}
			// The next attempt goes on and succeeds.
			w.options.Ports.Lock = w.locks
			w.next(2)
			w.codebuild(t.Context())
			if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded || result.Tasks.Done != 3 {
				t.Errorf("the next attempt: %+v", result)
			}
		})
	}
}

func TestKilledBetweenPhases(t *testing.T) {
	cases := map[string]struct {
		why   string
		stage contract.Stage
		phase Phase // the next that runs
	}{
		"PreBuild": {"A pre_build that was killed is ended by its finally.", contract.StageCheckout, PhaseFinally},
		"Build":    {"That a build was killed is reported in post_build.", contract.StageAgent, PhasePostBuild},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.must(w.codeOf(PhasePreBuild))
			// What a killed process leaves behind: a stage that was begun and never ended.
			s := w.state()
			for len(s.Stages) > 1 && s.Stages[len(s.Stages)-1].Name != c.stage && c.stage == contract.StageCheckout {
				s.Stages = s.Stages[:len(s.Stages)-1]
			}
			s.begin(c.stage, time.Now())
			w.must(s.write())
			w.run(t.Context(), c.phase)
			if code := w.run(t.Context(), PhaseFinally); code != ExitInterrupted {
				t.Errorf("%s\nexit code %d\n%s", c.why, code, w.log)
			}
			row, result := w.row()
			if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeInterrupted || result.FailedStage != c.stage {
				t.Errorf("%s\ngot %s %+v", c.why, row.Status, result)
			}
			if !strings.Contains(w.body(), "The worker was killed in stage "+string(c.stage)) {
				t.Errorf("%s\nthe pull request must say so:\n%s", c.why, w.body())
			}
		})
	}
}

// What a worker that was killed left running must be over before anything is reported or released.
func TestOrphansOfAKilledWorker(t *testing.T) {
	w := newWorld(t)
	now, locks := w.watch()
	w.must(w.codeOf(PhasePreBuild))
	s, dir := w.state(), w.options.Dir
	// The state as a worker leaves it that was killed while it pushed.
	s.begin(contract.StageAgent, now.Now())
	s.PushAt = now.Now().Add(-time.Hour)
	w.must(s.write())
	orphans := map[string]*exec.Cmd{}
	for name, entry := range map[string]string{
		"git": "GIT_DIR=" + filepath.Join(dir, "repository.git"), "agent": "HOME=" + filepath.Join(dir, "home"), "other": "HOME=" + filepath.Join(dir, "elsewhere"),
	} {
		cmd := exec.Command("sleep", "300")
		cmd.Env, cmd.SysProcAttr = append(os.Environ(), entry), &syscall.SysProcAttr{Setpgid: true}
		w.must(cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		orphans[name] = cmd
	}
	began := now.Now()
	w.run(t.Context(), PhasePostBuild)
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
	if code := w.run(t.Context(), PhaseFinally); code != ExitInterrupted {
		t.Errorf("exit code %d\n%s", code, w.log)
	}
	if between := locks.released.Sub(began); between < pushFlight {
		t.Errorf("the lock was released %s after a push was found on its way", between)
	}
	if row, result := w.row(); row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeInterrupted {
		t.Errorf("%s %+v", row.Status, result)
	}
}
