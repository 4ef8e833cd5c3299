// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import "testing"

// A stage's time is a build's word, and becomes a label and a number.
func TestStageTimeKnown(t *testing.T) {
	for _, c := range []struct {
		why  string
		time StageTime
		want bool
	}{
		{"a stage of ours", StageTime{Name: StageAgent, Seconds: 12.5}, true},
		{"one that took no time", StageTime{Name: StageClaim}, true},
		{"a name of a newer worker, or made up", StageTime{Name: "deploy", Seconds: 1}, false},
		{"less than no time", StageTime{Name: StageAgent, Seconds: -1}, false},
		{"longer than any build may run", StageTime{Name: StageAgent, Seconds: 1e9}, false},
	} {
		if got := c.time.Known(); got != c.want {
			t.Errorf("%s: %v", c.why, got)
		}
	}
}

// Each outcome is there once: counters of it begin at zero by this list.
func TestOutcomesAreDistinct(t *testing.T) {
	seen := map[Outcome]bool{}
	for _, o := range AllOutcomes {
		if seen[o] || o == "" {
			t.Errorf("%q is there twice, or empty", o)
		}
		seen[o] = true
	}
}
