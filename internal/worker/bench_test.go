// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// BenchmarkBuild is a whole build on a repository of 10,000 files, with an agent and tests that do next to nothing:
// what it takes is what the worker adds. The stages' own shares are reported beside it; checkout holds the transfer.
func BenchmarkBuild(b *testing.B) {
	for range b.N {
		b.StopTimer()
		w := newWorld(b, func(f map[string]string) {
			for n := range 10_000 {
				f[fmt.Sprintf("src/%02d/%02d/file%d.js", n%100, n/100%100, n)] = fmt.Sprintf("export const n = %d\n", n)
			}
		})
		b.StartTimer()
		w.codebuild(b.Context())
		b.StopTimer()
		if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
			b.Fatalf("%+v\n%s", result, w.log)
		}
		s, err := loadState(w.options.Dir, testBuild, w.options.Clock.Now())
		w.must(err)
		for _, r := range s.Stages {
			b.ReportMetric(r.Ended.Sub(r.Began).Seconds(), string(r.Name)+"-s")
		}
	}
}
