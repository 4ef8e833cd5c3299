// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// Names of the metrics and their dimensions. docs/worker.md lists them.
const (
	metricBuilds        = "Builds"
	metricBuildDuration = "BuildDuration"
	metricStageDuration = "StageDuration"
	metricTestsTotal    = "TestsTotal"
	metricTestsFailed   = "TestsFailed"
	metricCoverage      = "Coverage"
	metricTasksDone     = "TasksDone"
	metricTasksTotal    = "TasksTotal"
	metricAgentCredits  = "AgentCredits"
	metricAgentSeconds  = "AgentSeconds"
	metricAgentTokens   = "AgentTokens"
	metricTaskCredits   = "TaskCredits"
	metricTaskSeconds   = "TaskSeconds"
	metricChangedLines  = "ChangedLines"
	metricRepairRounds  = "RepairRounds"

	dimEnvironment = "Environment"
	dimOutcome     = "Outcome"
	dimStage       = "Stage"
	dimMetric      = "Metric"
)

// measures are a build's metrics.
func measures(s *State, r contract.Result, environment string, now time.Time) []metricsink.Datum {
	var data []metricsink.Datum
	add := func(name string, unit metricsink.Unit, value float64, more ...metricsink.Dimension) {
		data = append(data, metricsink.Datum{
			Name: name, Unit: unit, Value: value, Time: now,
			Dimensions: append([]metricsink.Dimension{{Name: dimEnvironment, Value: environment}}, more...),
		})
	}
	add(metricBuilds, metricsink.UnitCount, 1, metricsink.Dimension{Name: dimOutcome, Value: string(r.Outcome)})
	add(metricBuildDuration, metricsink.UnitSeconds, now.Sub(s.StartedAt).Seconds())
	for _, st := range s.Stages {
		if !st.Ended.IsZero() {
			add(metricStageDuration, metricsink.UnitSeconds, st.Ended.Sub(st.Began).Seconds(), metricsink.Dimension{Name: dimStage, Value: string(st.Name)})
		}
	}
	add(metricTasksDone, metricsink.UnitCount, float64(r.Tasks.Done))
	add(metricTasksTotal, metricsink.UnitCount, float64(r.Tasks.Total))
	if r.Credits > 0 {
		add(metricAgentCredits, metricsink.UnitCount, r.Credits)
	}
	if r.AgentTokens > 0 {
		add(metricAgentTokens, metricsink.UnitCount, float64(r.AgentTokens))
	}
	if r.AgentSeconds > 0 {
		add(metricAgentSeconds, metricsink.UnitSeconds, r.AgentSeconds)
	}
	for _, c := range r.Costs {
		if c.Credits > 0 {
			add(metricTaskCredits, metricsink.UnitCount, c.Credits)
		}
		if c.Seconds > 0 {
			add(metricTaskSeconds, metricsink.UnitSeconds, c.Seconds)
		}
	}
	if len(r.Rounds) > 0 {
		add(metricRepairRounds, metricsink.UnitCount, float64(len(r.Rounds)))
	}
	if r.ChangedLines != nil && r.ChangedLines.Percent != nil {
		add(metricChangedLines, metricsink.UnitPercent, *r.ChangedLines.Percent)
	}
	if r.Tests != nil {
		add(metricTestsTotal, metricsink.UnitCount, float64(r.Tests.Total))
		add(metricTestsFailed, metricsink.UnitCount, float64(r.Tests.Failed))
	}
	if r.Coverage != nil {
		for _, m := range report.Metrics(*r.Coverage) {
			if m.Percent != nil {
				add(metricCoverage, metricsink.UnitPercent, *m.Percent, metricsink.Dimension{Name: dimMetric, Value: m.Name})
			}
		}
	}
	return data
}
