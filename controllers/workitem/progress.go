// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// observe records an observation in the status. Heartbeats alone change nothing there.
func observe(a *v1alpha1.Attempt, seen watch.Observation, now time.Time) {
	before := *a.DeepCopy()
	if seen.Build != nil {
		observeBuild(a.Build, *seen.Build)
	}
	if row := seen.Branch; row != nil && row.LockID == a.LockID {
		observeProgress(&a.Progress, row.Stage, row.Tasks, row.Result)
	}
	if sameProgress(before, *a) {
		return
	}
	t := metav1.NewMicroTime(now)
	a.Progress.ObservedTime = &t
	if row := seen.Branch; row != nil && !row.HeartbeatAt.IsZero() {
		h := metav1.NewTime(row.HeartbeatAt)
		a.Progress.HeartbeatTime = &h
	}
}

func observeBuild(b *v1alpha1.BuildStatus, seen build.Build) {
	b.Status, b.Phase, b.Provisioned = string(seen.State), fault.Cut(seen.Phase, maxWord), seen.Provisioned
	b.Trouble = fault.Cut(seen.Trouble, maxTrouble)
	if seen.State == build.StateQueued {
		b.Status = string(build.StateRunning) // the status has one word for both; Provisioned is what differs
	}
	b.LogsURL = fault.Cut(seen.Log.URL, maxURL)
	b.LogGroup, b.LogStream = fault.Cut(seen.Log.Group, maxLogName), fault.Cut(seen.Log.Stream, maxLogName)
	b.StartTime, b.EndTime = timeOrNil(seen.StartTime), timeOrNil(seen.EndTime)
	if !seen.EndTime.IsZero() {
		b.QueuedSeconds = policy.QueuedSeconds(seen)
	}
}

func timeOrNil(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	// The API server keeps whole seconds; more would look like a change at every look.
	m := metav1.NewTime(t.Truncate(time.Second))
	return &m
}

// observeProgress records what the worker reported with its heartbeat. A result that cannot be read says nothing here;
// the conclusion says so.
func observeProgress(p *v1alpha1.Progress, stage contract.Stage, tasks contract.Tasks, result string) {
	if stage != "" {
		p.Stage = fault.Cut(string(stage), maxWord)
	}
	if tasks.Total > 0 {
		p.TasksDone, p.TasksTotal = tasks.Done, tasks.Total
		p.Tasks = fmt.Sprintf("%d/%d", tasks.Done, tasks.Total)
	}
	if result == "" {
		return
	}
	if r, err := contract.ParseResult(result); err == nil {
		p.Tests, p.Coverage, p.Rounds = testsOf(r), coverageOf(r), roundsOf(r)
		observeFailure(p, &r)
	}
}

// observeFailure records which stage failed, if a result says so, the rounds as they ended, and which tasks are open.
func observeFailure(p *v1alpha1.Progress, r *contract.Result) {
	if r != nil && len(r.Rounds) > 0 {
		p.Rounds = roundsOf(*r)
	}
	if r != nil && len(r.OpenTasks) > 0 {
		p.OpenTasks = nil
		for _, name := range r.OpenTasks[:min(len(r.OpenTasks), contract.MaxCosts)] {
			p.OpenTasks = append(p.OpenTasks, fault.Cut(fault.Clean(name), maxTaskName))
		}
	}
	if r != nil && r.FailedStage != "" {
		p.FailedStage = fault.Cut(string(r.FailedStage), maxWord)
	}
}

// sameProgress reports whether nothing but heartbeats differs.
func sameProgress(a, b v1alpha1.Attempt) bool {
	for _, x := range []*v1alpha1.Attempt{&a, &b} {
		x.Progress.ObservedTime, x.Progress.HeartbeatTime = nil, nil
	}
	return equality.Semantic.DeepEqual(a, b)
}

func testsOf(r contract.Result) *v1alpha1.TestCounts {
	if r.Tests == nil {
		return nil
	}
	return &v1alpha1.TestCounts{Total: r.Tests.Total, Passed: r.Tests.Passed, Failed: r.Tests.Failed, Skipped: r.Tests.Skipped}
}

func coverageOf(r contract.Result) *v1alpha1.CoverageSummary {
	c := r.Coverage
	if c == nil {
		return nil
	}
	summary := &v1alpha1.CoverageSummary{
		Lines: percent(c.Lines), Functions: percent(c.Functions), Branches: percent(c.Branches), Statements: percent(c.Statements),
	}
	if r.ChangedLines != nil {
		summary.ChangedLines = percent(r.ChangedLines.Percent)
	}
	return summary
}

// roundsOf are the repair rounds. A build is hostile: what it says is cut to what a status may hold.
func roundsOf(r contract.Result) []v1alpha1.RepairRound {
	var rounds []v1alpha1.RepairRound
	for _, round := range r.Rounds[:min(len(r.Rounds), contract.MaxRounds)] {
		rounds = append(rounds, v1alpha1.RepairRound{
			Outcome: fault.Cut(fault.Clean(string(round.Outcome)), maxOutcome), End: fault.Cut(fault.Clean(string(round.End)), maxWord),
			Reason: fault.Cut(fault.Clean(round.Reason), maxRoundReason), Commit: fault.Cut(fault.Clean(round.Commit), maxCommit),
		})
	}
	return rounds
}

// maxRoundReason is the longest reason of a round in a status.
const maxRoundReason = 256

// maxCost is the highest cost that is believed: a build is hostile, and a status must be one that can be written.
const maxCost = 1e9

// costOf is what the agent says that its work cost; nil where it does not say.
func costOf(r contract.Result) *v1alpha1.AgentCost {
	if r.Credits == 0 && r.AgentSeconds == 0 && r.AgentTokens == 0 {
		return nil
	}
	cost := &v1alpha1.AgentCost{Credits: amount(r.Credits), Tokens: count(r.AgentTokens), Seconds: int64(bounded(r.AgentSeconds))}
	for _, c := range r.Costs[:min(len(r.Costs), contract.MaxCosts)] {
		cost.Tasks = append(cost.Tasks, v1alpha1.TaskCost{
			Task: fault.Cut(fault.Clean(c.Task), maxTaskName), Credits: amount(c.Credits), Tokens: count(c.Tokens), Seconds: int64(bounded(c.Seconds)),
		})
	}
	return cost
}

// maxTaskName is the longest number of a task in a status.
const maxTaskName = 64

// maxTokens is likewise the highest number of tokens.
const maxTokens = 1e12

func count(tokens int64) int64 { return min(max(tokens, 0), maxTokens) }

func bounded(v float64) float64 {
	if !(v > 0) {
		return 0
	}
	return min(v, maxCost)
}

// amount writes credits with at most two decimals; empty for none.
func amount(v float64) string {
	if v = bounded(v); v == 0 {
		return ""
	}
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// percent writes a metric with at most two decimals; one that was not measured is empty.
func percent(v *float64) string {
	if v == nil || *v < 0 || *v > 100 {
		return ""
	}
	return strconv.FormatFloat(math.Floor(math.Round(*v*1e6)/1e4)/100, 'f', -1, 64) + "%"
}
