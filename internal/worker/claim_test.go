// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"net/http"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	dynamodbemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

func TestRefusedClaimDoesNothing(t *testing.T) {
	cases := map[string]struct {
		why     string
		prepare func(*world)
	}{
		"OtherBuild": {"Another build of this attempt claimed first: a project's auto-retry starts one.", func(w *world) {
			p := w.options.Parameters
			w.must(w.locks.Claim(t.Context(), lockOf(p), testBuild+"-other", time.Now().Add(time.Hour)))
		}},
		"OldFence":  {"The lock was acquired again since.", func(w *world) { w.options.Parameters.Fence-- }},
		"OtherLock": {"The attempt was given up.", func(w *world) { w.options.Parameters.LockID = "another" }},
		"Unknown": {"A build that does not know whether it may work does not work.", func(w *world) {
			w.faults.Add(faults.Rule{Service: dynamodbemulator.Service, Fault: faults.Fault{Status: http.StatusServiceUnavailable}})
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := w.head()
			c.prepare(w)
			codes := w.codebuild(t.Context())
			if codes[PhasePreBuild] != ExitRefused || codes[PhaseFinally] != ExitRefused {
				t.Errorf("%s\nexit codes %v", c.why, codes)
			}
			w.untouched(before)
			w.faults.Clear()
			if row, _ := w.row(); row.Status != contract.StatusInProgress {
				t.Errorf("%s\na lock that is not ours was released", c.why)
			}
		})
	}
}

func TestPhasesWithoutAClaimDoNothing(t *testing.T) {
	w := newWorld(t)
	before := w.head()
	for _, phase := range []Phase{PhaseBuild, PhasePostBuild, PhaseFinally} {
		if code := Run(t.Context(), w.options, phase); code != ExitRefused {
			t.Errorf("phase %s ended with %d", phase, code)
		}
	}
	w.untouched(before)
}
