// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestFingerprint(t *testing.T) {
	base := func() *State {
		return &State{Tree: "t1", FailedTests: []string{"b", "a"}, Result: contract.Result{
			Tasks: contract.Tasks{Done: 2, Total: 3}, TestsGate: contract.GateFailed, Coverage: &contract.Coverage{Lines: ptr.To(80.5)},
		}}
	}
	cases := map[string]struct {
		why    string
		change func(*State)
		same   bool
	}{
		"Order":      {"Tests that run side by side fail in any order.", func(s *State) { s.FailedTests = []string{"a", "b"} }, true},
		"Commit":     {"Another commit of the same files is no progress: its time is all that differs.", func(s *State) { s.Result.Commit = "c2" }, true},
		"Cost":       {"Nor is what it cost.", func(s *State) { s.Result.Credits, s.StartedAt = 7, time.Unix(1, 0) }, true},
		"Message":    {"Nor is what was said.", func(s *State) { s.Result.Message = "other words" }, true},
		"Files":      {"Other files are.", func(s *State) { s.Tree = "t2" }, false},
		"Unfinished": {"So is what was changed and not pushed.", func(s *State) { s.Unfinished = "u" }, false},
		"Tasks":      {"Another task is.", func(s *State) { s.Result.Tasks.Done = 3 }, false},
		"Tests":      {"Another failure is.", func(s *State) { s.FailedTests = []string{"a"} }, false},
		"Coverage":   {"Other coverage is.", func(s *State) { s.Result.Coverage.Lines = ptr.To(80.6) }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := base()
			c.change(s)
			if got := s.fingerprint() == base().fingerprint(); got != c.same {
				t.Errorf("%s\nsame: %t", c.why, got)
			}
		})
	}
	if got := (&State{}).fingerprint(); got != "" {
		t.Errorf("before the checkout there is nothing to tell, got %s", got)
	}
}
