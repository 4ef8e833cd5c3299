// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestObserveProgress(t *testing.T) {
	lines := 87.5
	failed, err := contract.Result{
		Outcome: contract.OutcomeTestsFailed, FailedStage: contract.StageTest,
		Tests: &contract.Tests{Total: 3, Failed: 3}, Coverage: &contract.Coverage{Lines: &lines},
	}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	before := v1alpha1.Progress{Stage: "agent", Tasks: "1/2", TasksDone: 1, TasksTotal: 2}
	for name, c := range map[string]struct {
		why    string
		stage  contract.Stage
		tasks  contract.Tasks
		result string
		want   v1alpha1.Progress
	}{
		"nothing new":    {"what is not reported stays", "", contract.Tasks{}, "", before},
		"next stage":     {"it goes on", contract.StageTest, contract.Tasks{Done: 2, Total: 2}, "", v1alpha1.Progress{Stage: "test", Tasks: "2/2", TasksDone: 2, TasksTotal: 2}},
		"a stage failed": {"which one did is kept while the worker goes on", contract.StageUpload, contract.Tasks{}, failed, v1alpha1.Progress{Stage: "upload", Tasks: "1/2", TasksDone: 1, TasksTotal: 2, FailedStage: "test", Tests: &v1alpha1.TestCounts{Total: 3, Failed: 3}, Coverage: &v1alpha1.CoverageSummary{Lines: "87.5%"}}},
		"unreadable":     {"what cannot be read says nothing", "", contract.Tasks{}, "{", before},
		"hostile stage":  {"the API server refuses a longer one, and no status could be written", contract.Stage("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), contract.Tasks{}, "", v1alpha1.Progress{Stage: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", Tasks: "1/2", TasksDone: 1, TasksTotal: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			got := *before.DeepCopy()
			observeProgress(&got, c.stage, c.tasks, c.result)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s:\n%s", c.why, diff)
			}
		})
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		why  string
		in   float64
		want string
	}{
		{"whole", 80, "80%"},
		{"two decimals", 87.25, "87.25%"},
		{"never rounded up to a threshold", 79.999, "79.99%"},
		{"no percentage", 101, ""},
		{"no percentage", -1, ""},
	} {
		if got := percent(&c.in); got != c.want {
			t.Errorf("%s: %v is shown as %q, want %q", c.why, c.in, got, c.want)
		}
	}
	if got := percent(nil); got != "" {
		t.Errorf("what was not measured is shown as %q", got)
	}
}

// What a build says of its agent's cost is a build's word: no number of it may make a status that cannot be written.
func TestCostOf(t *testing.T) {
	many := make([]contract.TaskCost, contract.MaxCosts+1)
	tests := map[string]struct {
		why  string
		r    contract.Result
		want *v1alpha1.AgentCost
	}{
		"none":   {"an agent that says nothing", contract.Result{}, nil},
		"costs":  {"with two decimals", contract.Result{Credits: 3.456, AgentSeconds: 61.9, Costs: []contract.TaskCost{{Task: "1.1", Credits: 3.456, Seconds: 61.9}}}, &v1alpha1.AgentCost{Credits: "3.46", Seconds: 61, Tasks: []v1alpha1.TaskCost{{Task: "1.1", Credits: "3.46", Seconds: 61}}}},
		"absurd": {"bounded", contract.Result{Credits: math.Inf(1), AgentSeconds: -1}, &v1alpha1.AgentCost{Credits: "1000000000"}},
		"many":   {"as many as the schema takes", contract.Result{Credits: 1, Costs: many}, &v1alpha1.AgentCost{Credits: "1", Tasks: make([]v1alpha1.TaskCost, contract.MaxCosts)}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, costOf(tc.r)); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", tc.why, diff)
			}
		})
	}
}

// What a build says of its repair rounds and open tasks is a build's word, too.
func TestRoundsAndOpenTasks(t *testing.T) {
	long := strings.Repeat("x", 4000)
	var p v1alpha1.Progress
	observeFailure(&p, &contract.Result{
		OpenTasks: append(make([]string, contract.MaxCosts), "one too many"),
		Rounds: append([]contract.Round{
			{Outcome: contract.OutcomeTestsFailed, End: contract.RoundRepaired, Commit: "abc"},
			{Outcome: contract.Outcome(long), End: contract.RoundEnd(long), Reason: "two\nlines " + long, Commit: long},
		}, make([]contract.Round, contract.MaxRounds)...),
	})
	if len(p.Rounds) != contract.MaxRounds || len(p.OpenTasks) != contract.MaxCosts {
		t.Errorf("%d rounds and %d open tasks; the schema takes %d and %d", len(p.Rounds), len(p.OpenTasks), contract.MaxRounds, contract.MaxCosts)
	}
	if diff := cmp.Diff(v1alpha1.RepairRound{Outcome: "TestsFailed", End: "Repaired", Commit: "abc"}, p.Rounds[0]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r := p.Rounds[1]; len(r.Outcome) > 64 || len(r.End) > 32 || len(r.Reason) > 256 || len(r.Commit) > 64 || strings.Contains(r.Reason, "\n") {
		t.Errorf("longer than the schema takes, or of several lines: %+v", r)
	}
}
