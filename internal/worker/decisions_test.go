// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/forge"
)

func TestJudge(t *testing.T) {
	cases := map[string]struct {
		why        string
		seen       sighting
		done, tick bool
	}{
		"Ticked":         {"The agent says so, and there is something to show.", sighting{Ticked: true, Changed: 2}, true, false},
		"OnlyTicked":     {"A task may be to look and find all well.", sighting{Ticked: true}, true, false},
		"Changed":        {"An agent that knows nothing of boxes did something.", sighting{Changed: 1}, true, true},
		"ChangedButOpen": {"One that ticks boxes left this one open.", sighting{Changed: 1, TicksItself: true}, false, false},
		"Nothing":        {"Exit code 0 is nothing.", sighting{}, false, false},
		"Suspicious":     {"A ticked box does not outweigh a denied tool.", sighting{Ticked: true, Changed: 1, Suspicious: "denied"}, false, false},
		"OtherList":      {"Where the list is another, a box in it says nothing.", sighting{List: "gone", Ticked: true, Changed: 3}, false, false},
		"Conflict":       {"Nobody merges half a merge.", sighting{Ticked: true, Changed: 1, Conflicts: []string{"a"}}, false, false},
		"Split":          {"A task with open parts is not done, and a tick would hide them.", sighting{Split: true, Changed: 1}, false, false},
		"SplitAndDone":   {"One whose parts are all done is.", sighting{Split: true, Ticked: true, Changed: 1}, true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := judge(c.seen)
			if got.Done != c.done || got.Tick != c.tick || got.Reason == "" {
				t.Errorf("%s\ngot %+v", c.why, got)
			}
		})
	}
}

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
		"PostBuildFailed":   {"A failure is told and kept.", stateOf(contract.StageTest, build[:6]...), PhasePostBuild, tail[:2]},
		"PostBuild":         {"So is a success.", stateOf("", build...), PhasePostBuild, tail[:2]},
		"End":               {"The lock last.", stateOf("", post...), PhaseFinally, tail[2:]},
		"EndFailedUpload":   {"Also when the upload failed.", stateOf(contract.StageUpload, post...), PhaseFinally, tail[2:]},
		"Lost":              {"After a lost lease nothing.", over, PhaseBuild, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []contract.Stage
			for _, st := range due(pipeline(), c.state, c.phase) {
				got = append(got, st.name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
		})
	}
}

func TestVerdictAndExitCodes(t *testing.T) {
	cases := map[contract.Outcome]ExitCode{
		contract.OutcomeSucceeded: ExitOK, contract.OutcomeTestsFailed: ExitWork, contract.OutcomeTimedOut: ExitWork, contract.OutcomeCheckoutFailed: ExitWork,
		contract.OutcomeInternalError: ExitInfrastructure, contract.OutcomeUploadFailed: ExitInfrastructure, contract.OutcomeSteeringFailed: ExitInfrastructure,
		contract.OutcomeInterrupted: ExitInterrupted, "": ExitOK,
	}
	for outcome, want := range cases {
		if got := exitCode(&State{Result: contract.Result{Outcome: outcome}}); got != want {
			t.Errorf("%q ends with %d, want %d", outcome, got, want)
		}
	}
	if outcome, _ := verdictOf(t.Context(), contract.StageCheckout, errors.New("network")); outcome != contract.OutcomeInternalError {
		t.Errorf("a network that is down is not the work's failure, got %s", outcome)
	}
	if outcome, _ := verdictOf(t.Context(), contract.StageUpload, errors.New("network")); outcome != contract.OutcomeUploadFailed {
		t.Errorf("got %s", outcome)
	}
}

func TestEncodeResultAlwaysGivesOne(t *testing.T) {
	text, err := encodeResult(contract.Result{Outcome: contract.OutcomeTestsFailed, Message: strings.Repeat("x", contract.MaxResultBytes)})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := contract.ParseResult(text); err != nil || r.Outcome != contract.OutcomeTestsFailed {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestPullRequestMisses(t *testing.T) {
	p := contract.Parameters{Repository: "acme/shop", BranchName: "feature"}
	good := forge.PullRequest{Number: 1, State: "OPEN", HeadRepository: "Acme/Shop", HeadBranch: "feature"}
	cases := map[string]struct {
		change func(*forge.PullRequest)
		want   string
	}{
		"Good":        {func(*forge.PullRequest) {}, ""},
		"Closed":      {func(pr *forge.PullRequest) { pr.State = "CLOSED" }, "is closed"},
		"Merged":      {func(pr *forge.PullRequest) { pr.State = "MERGED" }, "is merged"},
		"Fork":        {func(pr *forge.PullRequest) { pr.HeadRepository = "eve/shop" }, "another repository"},
		"ForkGone":    {func(pr *forge.PullRequest) { pr.HeadRepository = "" }, "another repository"},
		"OtherBranch": {func(pr *forge.PullRequest) { pr.HeadBranch = "main" }, "not from branch feature"},
	}
	for name, c := range cases {
		pr := good
		c.change(&pr)
		got := strings.Join(pullRequestMisses(pr, p), "; ")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestMeasures(t *testing.T) {
	half := 50.0
	s := &State{StartedAt: noon, Stages: []StageRecord{{Name: contract.StageTest, Began: noon, Ended: noon.Add(3 * time.Second)}, {Name: contract.StageCleanup, Began: noon}}}
	r := contract.Result{Outcome: contract.OutcomeCoverageTooLow, Tasks: contract.Tasks{Done: 1, Total: 2},
		Tests: &contract.Tests{Total: 9, Failed: 1}, Coverage: &contract.Coverage{Lines: &half}}
	got := map[string]float64{}
	for _, d := range measures(s, r, "test", noon.Add(time.Minute)) {
		name := d.Name
		for _, dim := range d.Dimensions {
			name += " " + dim.Name + "=" + dim.Value
		}
		got[name] = d.Value
	}
	want := map[string]float64{
		"Builds Environment=test Outcome=CoverageTooLow": 1, "BuildDuration Environment=test": 60, "StageDuration Environment=test Stage=test": 3,
		"TasksDone Environment=test": 1, "TasksTotal Environment=test": 2, "TestsTotal Environment=test": 9, "TestsFailed Environment=test": 1,
		"Coverage Environment=test Metric=lines": 50,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestHasDependencies(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "{": false, `{"packages":{"":{"name":"x"}}}`: false, `{"packages":{"":{},"node_modules/a":{}}}`: true,
		`{"dependencies":{"a":{}}}`: true, `{"lockfileVersion":3}`: false,
	} {
		if got := hasDependencies([]byte(text)); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}
