// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestStageEnd(t *testing.T) {
	cases := map[string]struct {
		why     string
		stage   contract.Stage
		timeout time.Duration
		want    time.Duration // after the build's beginning; 0 is no end
	}{
		"Checkout":         {"A fetch that hangs leaves the last three stages their time.", contract.StageCheckout, time.Hour, time.Hour - 150*time.Second},
		"Agent":            {"So does a setup, or a push.", contract.StageAgent, time.Hour, time.Hour - 150*time.Second},
		"Test":             {"The tests themselves are ended 30 s before, and classified on the work; this is for what reads them.", contract.StageTest, time.Hour, time.Hour - 150*time.Second},
		"PullRequest":      {"GitHub away leaves the upload its time.", contract.StagePullRequest, time.Hour, time.Hour - 90*time.Second},
		"Upload":           {"The bucket away leaves the lock's release its time.", contract.StageUpload, time.Hour, time.Hour - 45*time.Second},
		"Cleanup":          {"Nothing follows it.", contract.StageCleanup, time.Hour, 0},
		"ShortCheckout":    {"A build of five minutes keeps a quarter, in the same parts.", contract.StageCheckout, 5 * time.Minute, 5*time.Minute - 62500*time.Millisecond},
		"ShortPullRequest": {"Likewise.", contract.StagePullRequest, 5 * time.Minute, 5*time.Minute - 37500*time.Millisecond},
		"ShortUpload":      {"Likewise.", contract.StageUpload, 5 * time.Minute, 5*time.Minute - 18750*time.Millisecond},
	}
	for name, c := range cases {
		end, limited := stageEnd(c.stage, noon, c.timeout)
		if limited != (c.want != 0) || limited && !end.Equal(noon.Add(c.want)) {
			t.Errorf("%s: %s got %s, %t, want %s", name, c.why, end.Sub(noon), limited, c.want)
		}
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
		"Late":     {"What passed is gone.", 45 * time.Minute, time.Hour, 5 * time.Minute},
		"TooLate":  {"The reserve is not touched.", 55 * time.Minute, time.Hour, 0},
		"Short":    {"Half of a short build is kept.", 0, 10 * time.Minute, 5 * time.Minute},
		"Long":     {"A long build has a long time to work: there is no other end.", 0, 5 * time.Hour, 290 * time.Minute},
		"OverTime": {"Never negative.", 2 * time.Hour, time.Hour, 0},
	}
	for name, c := range cases {
		if got := agentTime(noon.Add(c.passed), noon, c.timeout); got != c.want {
			t.Errorf("%s: %s got %s, want %s", name, c.why, got, c.want)
		}
	}
}

func TestTestAndSetupTime(t *testing.T) {
	cases := map[string]struct {
		why           string
		passed, limit time.Duration
		timeout       time.Duration
		want, setup   time.Duration
	}{
		"Whole":    {"All that the environment gives.", 0, 15 * time.Minute, time.Hour, 15 * time.Minute, 15 * time.Minute},
		"Late":     {"What is left, less what follows.", 50 * time.Minute, 15 * time.Minute, time.Hour, 7 * time.Minute, 7 * time.Minute},
		"TooLate":  {"A moment: they fail as out of time, not as never run.", time.Hour, 15 * time.Minute, time.Hour, time.Second, time.Second},
		"Short":    {"A short build keeps a quarter.", 0, 15 * time.Minute, 8 * time.Minute, 6 * time.Minute, 6 * time.Minute},
		"OwnLimit": {"The setup has a limit of its own.", 0, 40 * time.Minute, time.Hour, 40 * time.Minute, 15 * time.Minute},
	}
	for name, c := range cases {
		if got := testTime(noon.Add(c.passed), noon, c.timeout, c.limit); got != c.want {
			t.Errorf("%s: %s tests got %s, want %s", name, c.why, got, c.want)
		}
		if got := setupTime(noon.Add(c.passed), noon, c.timeout); got != c.setup {
			t.Errorf("%s: %s setup got %s, want %s", name, c.why, got, c.setup)
		}
		end, _ := stageEnd(contract.StageTest, noon, c.timeout)
		if at := noon.Add(c.passed + c.want); c.want > time.Second && !at.Before(end) {
			t.Errorf("%s: tests that run out of time would look like the infrastructure's failure: they end %s after the stage", name, at.Sub(end))
		}
	}
}

// hanging is a bucket that never answers.
type hanging struct{}

func (hanging) Put(ctx context.Context, _ string, _ artifacts.Object) error {
	<-ctx.Done()
	return ctx.Err()
}

// A service that hangs at the end of a build is given up while there is time to release the lock, and is not classified on
// the work.
func TestHangingServicesAtTheEnd(t *testing.T) {
	cases := map[string]struct {
		why     string
		stage   contract.Stage
		hang    func(*world)
		outcome contract.Outcome
		kept    int // artifacts
	}{
		"GitHub": {
			why: "The pull request cannot be updated; the artifacts are kept all the same.", stage: contract.StagePullRequest,
			hang: func(w *world) {
				w.faults.Add(faults.Rule{Service: githubemulator.Service, Operation: "PATCH /repos/{owner}/{repo}/pulls/{number}", Fault: faults.Fault{
					Respond: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
				}})
			},
			outcome: contract.OutcomePullRequestFailed, kept: 6,
		},
		"Bucket": {
			why: "The artifacts are lost, the result is not.", stage: contract.StageUpload,
			hang: func(w *world) { w.options.Ports.Artifacts = hanging{} }, outcome: contract.OutcomeUploadFailed,
		},
		"Fetch": {
			why: "A fetch that hangs is the infrastructure's, too.", stage: contract.StageCheckout,
			hang: func(w *world) {
				w.faults.Add(faults.Rule{Service: githubemulator.Service, Operation: "git upload-pack", Fault: faults.Fault{
					Respond: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
				}})
			},
			outcome: contract.OutcomeInternalError, kept: 6,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			now := &jumpy{}
			w.options.Clock, w.options.Parameters.LastAttempt = now, true
			c.hang(w)
			w.whenStage(c.stage, func() {
				end, _ := stageEnd(c.stage, w.options.Build.StartedAt, time.Duration(w.options.Parameters.BuildTimeout))
				now.jump(end.Sub(now.Now()) - 2*time.Second)
			})
			codes := w.codebuild(t.Context())
			row, result := w.row()
			if row.Status != contract.StatusFailed || result.Outcome != c.outcome || result.FailedStage != c.stage {
				t.Fatalf("%s\ngot %s %+v\n%s", c.why, row.Status, result, w.log)
			}
			if !strings.Contains(result.Message, "still time to release the lock") {
				t.Errorf("%s\nthe message does not say why: %s", c.why, result.Message)
			}
			if codes[PhaseFinally] != ExitInfrastructure || w.card().Exists {
				t.Errorf("%s\nan outage counted as the work's failure: exit code %d, processed %t", c.why, codes[PhaseFinally], w.card().Exists)
			}
			if len(w.bucket.objects) != c.kept {
				t.Errorf("%s\n%d artifacts, want %d", c.why, len(w.bucket.objects), c.kept)
			}
		})
	}
}

// What ends the agent's time is what the message says to raise.
func TestAgentEnd(t *testing.T) {
	cases := map[string]struct {
		why    string
		total  time.Duration
		local  bool
		want   time.Duration
		advice string
	}{
		"Build": {"Without a limit of its own it is what the build leaves.", 0, false, 110 * time.Minute, "spec.timeout of the work item"},
		"Total": {"A shorter one counts.", 30 * time.Minute, false, 30 * time.Minute, "spec.agent.totalTimeout"},
		"Later": {"A longer one does not make the build longer.", 5 * time.Hour, false, 110 * time.Minute, "spec.timeout of the work item"},
		"Local": {"A local run has no build.", 0, true, time.Hour, ""},
	}
	for name, c := range cases {
		b := budget{clock: clocktesting.NewFakePassiveClock(noon), startedAt: noon, timeout: 2 * time.Hour, total: c.total, local: c.local}
		if end, advice := b.agentEnd(0); end.Sub(noon) != c.want || !strings.Contains(advice, c.advice) {
			t.Errorf("%s: %s got %s, %q", name, c.why, end.Sub(noon), advice)
		}
	}
}
