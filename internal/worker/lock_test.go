// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	dynamodbemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// untouched fails the test if a build left a trace anywhere.
func (w *world) untouched(before string) {
	w.t.Helper()
	if w.head() != before {
		w.t.Error("the branch was changed")
	}
	if strings.Contains(w.body(), prbody.SectionBegin) {
		w.t.Error("the pull request was changed")
	}
	if len(w.bucket.objects) != 0 {
		w.t.Error("something was uploaded")
	}
}

func TestRefusedClaimDoesNothing(t *testing.T) {
	cases := map[string]struct {
		why     string
		prepare func(*world)
	}{
		"OtherBuild": {"Another build of this attempt claimed first: a project's auto-retry starts one.", func(w *world) {
			p := w.options.Parameters
			w.must(w.locks.Claim(t.Context(), lockOf(p), testBuild+"-other", time.Now().Add(time.Hour)))
		}},
		"OldFence":  {"The lock was taken again since.", func(w *world) { w.options.Parameters.Fence-- }},
		"OtherLock": {"The attempt was given up.", func(w *world) { w.options.Parameters.LockID = "another" }},
		"CannotTell": {"A build that cannot tell whether it may work does not work.", func(w *world) {
			w.faults.Add(faults.Rule{Service: dynamodbemulator.Service, Fault: faults.Fault{Status: http.StatusServiceUnavailable}})
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := w.head()
			c.prepare(w)
			codes := w.codebuild(t.Context())
			if codes[PhasePreBuild] != ExitRefused || codes[PhaseFinally] != ExitRefused {
				t.Errorf("%s\nexit codes %v", c.why, codes)
			}
			w.untouched(before)
			w.faults.Clear()
			if row, _ := w.row(); row.Status != contract.StatusInProgress {
				t.Errorf("%s\na lock that is not ours was released", c.why)
			}
		})
	}
}

func TestPhasesWithoutAClaimDoNothing(t *testing.T) {
	w := newWorld(t)
	before := w.head()
	for _, phase := range []Phase{PhaseBuild, PhasePostBuild, PhaseFinally} {
		if code := Run(t.Context(), w.options, phase); code != ExitRefused {
			t.Errorf("phase %s ended with %d", phase, code)
		}
	}
	w.untouched(before)
}

func TestLostLeaseTouchesNothing(t *testing.T) {
	w := newWorld(t)
	if code := Run(t.Context(), w.options, PhasePreBuild); code != ExitOK {
		t.Fatalf("pre_build ended with %d\n%s", code, w.log)
	}
	before := w.head()
	// Somebody who is sure that this build is over frees its rows.
	w.must(w.locks.Release(t.Context(), lockOf(w.options.Parameters), testBuild, time.Now(), lock.Ending{Status: contract.StatusFailed, Outcome: contract.OutcomeInternalError}))
	for _, phase := range []Phase{PhaseBuild, PhasePostBuild, PhaseFinally} {
		if code := Run(t.Context(), w.options, phase); code != ExitLeaseLost {
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
	if code := Run(t.Context(), w.options, PhaseBuild); code != ExitLeaseLost {
		t.Errorf("exit code %d\n%s", code, w.log)
	}
	for _, phase := range []Phase{PhasePostBuild, PhaseFinally} {
		if code := Run(t.Context(), w.options, phase); code != ExitLeaseLost {
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
				t.Error("there is no time to tell the pull request; the controller does")
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

func TestNextAttemptGoesOnFromPushedTasks(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.Settings.AgentCommand = shell(`[ "$1" = 3 ] && exit 1; echo "first $1" > work-$1.txt`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeAgentFailed || result.Tasks.Done != 2 {
		t.Fatalf("%+v", result)
	}
	if !strings.Contains(w.file(testSpec+"/tasks.md"), "- [x] 2.") {
		t.Fatal("the first task was not pushed when it was done")
	}
	w.next(2)
	w.options.Parameters.Settings.AgentCommand = shell(`echo "second $1" > work-$1.txt`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	if w.file("work-2.txt") != "first 2\n" || w.file("work-3.txt") != "second 3\n" {
		t.Errorf("task 2 was worked on again: %q, %q", w.file("work-2.txt"), w.file("work-3.txt"))
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

func TestKilledBetweenPhases(t *testing.T) {
	cases := map[string]struct {
		why   string
		stage contract.Stage
		phase Phase // the next that runs
	}{
		"PreBuild": {"A pre_build that was killed is ended by its finally.", contract.StageCheckout, PhaseFinally},
		"Build":    {"A build that was killed is told of in post_build.", contract.StageAgent, PhasePostBuild},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.must(w.codeOf(PhasePreBuild))
			// What a killed process leaves behind: a stage that was begun and never ended.
			s, err := loadState(w.options.Dir, testBuild, time.Now())
			w.must(err)
			for len(s.Stages) > 1 && s.Stages[len(s.Stages)-1].Name != c.stage && c.stage == contract.StageCheckout {
				s.Stages = s.Stages[:len(s.Stages)-1]
			}
			s.begin(c.stage, time.Now())
			w.must(s.save(w.options.Dir))
			Run(t.Context(), w.options, c.phase)
			if code := Run(t.Context(), w.options, PhaseFinally); code != ExitInterrupted {
				t.Errorf("%s\nexit code %d\n%s", c.why, code, w.log)
			}
			row, result := w.row()
			if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeInterrupted || result.FailedStage != c.stage {
				t.Errorf("%s\ngot %s %+v", c.why, row.Status, result)
			}
			if !strings.Contains(w.body(), "The worker was killed in stage "+string(c.stage)) {
				t.Errorf("%s\nthe pull request must be told:\n%s", c.why, w.body())
			}
		})
	}
}

func TestPanicFreesTheLock(t *testing.T) {
	w := newWorld(t)
	w.options.Ports.Remote = nil // checkout cannot do without
	w.codebuild(t.Context())
	row, result := w.row()
	if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeInternalError || !strings.Contains(result.Message, "panicked") {
		t.Errorf("got %s %+v", row.Status, result)
	}
}

func TestStateOfAnotherBuild(t *testing.T) {
	w := newWorld(t)
	w.must(w.codeOf(PhasePreBuild))
	w.options.Build.ARN = testBuild + "-other"
	before := w.head()
	if code := Run(t.Context(), w.options, PhaseBuild); code != ExitInfrastructure {
		t.Errorf("another build's state is not ours to go on with, got %d", code)
	}
	w.untouched(before)
	_ = os.Remove(filepath.Join(w.options.Dir, stateFile))
}
