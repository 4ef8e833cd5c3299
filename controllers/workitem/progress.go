// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"fmt"
	"math"
	"strconv"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// observeProgress takes in what the worker told with its heartbeat. A result that cannot be read tells nothing
// here; the conclusion says so.
func observeProgress(p *v1alpha1.Progress, stage contract.Stage, tasks contract.Tasks, result string) {
	if stage != "" {
		p.Stage = cut(string(stage), 32)
	}
	if tasks.Total > 0 {
		p.TasksDone, p.TasksTotal = tasks.Done, tasks.Total
		p.Tasks = fmt.Sprintf("%d/%d", tasks.Done, tasks.Total)
	}
	if result == "" {
		return
	}
	if r, err := contract.ParseResult(result); err == nil {
		p.Tests, p.Coverage = testsOf(r), coverageOf(r)
	}
}

// sameProgress reports whether nothing but signs of life differs.
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
	return &v1alpha1.CoverageSummary{
		Lines: percent(c.Lines), Functions: percent(c.Functions), Branches: percent(c.Branches), Statements: percent(c.Statements),
	}
}

// percent writes a metric with at most two decimals; one that was not measured is empty.
func percent(v *float64) string {
	if v == nil || *v < 0 || *v > 100 {
		return ""
	}
	return strconv.FormatFloat(math.Floor(math.Round(*v*1e6)/1e4)/100, 'f', -1, 64) + "%"
}
