// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestMeasures(t *testing.T) {
	half := 50.0
	s := &State{StartedAt: noon, Stages: []StageRecord{{Name: contract.StageTest, Began: noon, Ended: noon.Add(3 * time.Second)}, {Name: contract.StageCleanup, Began: noon}}}
	r := contract.Result{Outcome: contract.OutcomeCoverageTooLow, Tasks: contract.Tasks{Done: 1, Total: 2},
		Tests: &contract.Tests{Total: 9, Failed: 1}, Coverage: &contract.Coverage{Lines: &half}, ChangedLines: &contract.ChangedLines{Covered: 1, Total: 2, Percent: &half},
		Credits: 1.5, AgentSeconds: 70, AgentTokens: 900, Costs: []contract.TaskCost{{Task: "1", Credits: 1.5, Seconds: 70}}}
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
		"Coverage Environment=test Metric=lines": 50, "ChangedLines Environment=test": 50,
		"AgentCredits Environment=test": 1.5, "AgentSeconds Environment=test": 70, "AgentTokens Environment=test": 900, "TaskCredits Environment=test": 1.5, "TaskSeconds Environment=test": 70,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
