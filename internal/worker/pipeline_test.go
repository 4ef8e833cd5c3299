// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

func TestDue(t *testing.T) {
	began := time.Unix(1, 0)
	stateOf := func(failed contract.Stage, done ...contract.Stage) *State {
		s := &State{Claimed: true}
		for _, name := range done {
			s.begin(name, began)
			s.end(name, began, nil)
		}
		if failed != "" {
			s.fail(failed, contract.OutcomeTestsFailed, "")
		}
		return s
	}
	pre := []contract.Stage{contract.StageClaim, contract.StageCheckout, contract.StageValidate, contract.StageSteer}
	build := append(append([]contract.Stage{}, pre...), contract.StageAgent, contract.StageTest, contract.StageCoverage)
	post := append(append([]contract.Stage{}, build...), contract.StagePullRequest, contract.StageUpload)
	tail := []contract.Stage{contract.StagePullRequest, contract.StageUpload, contract.StageCleanup}
	over := stateOf("", pre...)
	over.Over = overLost
	cases := map[string]struct {
		why   string
		state *State
		phase Phase
		want  []contract.Stage
	}{
		"Begin":             {"Claim first.", stateOf(""), PhasePreBuild, pre},
		"FinallyOfPreBuild": {"While all goes well the build goes on.", stateOf("", pre...), PhaseFinally, nil},
		"FailedPreBuild":    {"CodeBuild runs nothing more: all that must be done is done here.", stateOf(contract.StageValidate, pre[:3]...), PhaseFinally, tail},
		"Build":             {"The middle.", stateOf("", pre...), PhaseBuild, build[4:]},
		"FailedBuild":       {"What follows a failure in the same phase is left out.", stateOf(contract.StageTest, build[:6]...), PhaseBuild, nil},
		"PostBuildFailed":   {"A failure is reported and kept.", stateOf(contract.StageTest, build[:6]...), PhasePostBuild, tail[:2]},
		"PostBuild":         {"So is a success.", stateOf("", build...), PhasePostBuild, tail[:2]},
		"End":               {"The lock last.", stateOf("", post...), PhaseFinally, tail[2:]},
		"EndFailedUpload":   {"Also when the upload failed.", stateOf(contract.StageUpload, post...), PhaseFinally, tail[2:]},
		"Lost":              {"After a lost lease nothing.", over, PhaseBuild, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []contract.Stage
			for _, st := range due(newWiring(Options{}).stages(), c.state, c.phase) {
				got = append(got, st.name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
		})
	}
}

func TestPlainPath(t *testing.T) {
	w := newWorld(t)
	codes := w.codebuild(t.Context())
	for phase, code := range codes {
		if code != ExitOK {
			t.Errorf("phase %s ended with %d", phase, code)
		}
	}
	row, result := w.row()
	if row.Status != contract.StatusComplete || !result.Succeeded() {
		t.Fatalf("the lock must be released as a success, got %s %+v\n%s", row.Status, result, w.log)
	}
	if diff := cmp.Diff(contract.Tasks{Done: 3, Total: 3}, result.Tasks); diff != "" {
		t.Errorf("tasks -want +got:\n%s", diff)
	}
	if result.Commit != w.head() {
		t.Errorf("the result names %s, the branch is at %s", result.Commit, w.head())
	}
	if card := w.card(); !card.Exists || card.Outcome != contract.OutcomeSucceeded {
		t.Errorf("a success processes the trigger, the card's row says %+v", card)
	}
	if got := w.file(testSpec + "/tasks.md"); strings.Contains(got, "[ ]") {
		t.Errorf("open boxes are left on the branch:\n%s", got)
	}
	if got := w.file("work-3.txt"); got != "task 3\n" {
		t.Errorf("the work was not pushed, got %q", got)
	}
	body := w.body()
	for _, want := range []string{"Written by a person.\r\n", prbody.SectionBegin, "the work is done", "3 of 3 done", "4 of 4 passed", "91.5%", "c0ffee", "attempt 1", prbody.SectionEnd} {
		if !strings.Contains(body, want) {
			t.Errorf("the pull request lacks %q:\n%s", want, body)
		}
	}
	want := []string{"artifacts/test/b-1/diffs/changes.diff", "artifacts/test/b-1/logs/build.log", "artifacts/test/b-1/logs/kiro-cli.log",
		"artifacts/test/b-1/metadata.json", "artifacts/test/b-1/reports/coverage-report.json", "artifacts/test/b-1/reports/test-results.json"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(w.bucket.objects))); diff != "" {
		t.Errorf("artifacts -want +got:\n%s", diff)
	}
	for key, text := range w.bucket.objects {
		if strings.Contains(text, testToken) {
			t.Errorf("%s holds the token", key)
		}
	}
	if !strings.Contains(w.bucket.objects["artifacts/test/b-1/diffs/changes.diff"], "+task 2") {
		t.Error("the diff lacks the work")
	}
	if len(w.metrics.data) == 0 {
		t.Error("no metrics were sent")
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
