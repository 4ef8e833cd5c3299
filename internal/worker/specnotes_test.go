// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// What of a spec is not worked on is said in the pull request.
func TestWhatASpecLeavesOut(t *testing.T) {
	w := newWorld(t, func(f map[string]string) {
		f[testSpec+"/tasks.md"] = "- [x] 1. Door\n  - [ ] bell\n- [ ] 2. Window (optional)\n[ ] 3. Roof\n\n## Definition of Done\n- [ ] Dry\n"
	})
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded || result.Tasks.Total != 2 {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	for _, want := range []string{"1 lines of tasks.md look like tasks", "line 4 (", "lines 7) are no tasks", "The words of 2 say optional", "count as done: 1"} {
		if !strings.Contains(w.body(), want) {
			t.Errorf("the pull request lacks %q:\n%s", want, w.body())
		}
	}
}

// Where the environment says so, what looks like a task and is none fails the attempt before the agent is paid for.
func TestUncoveredBoxesFail(t *testing.T) {
	w := newWorld(t, func(f map[string]string) {
		f[testSpec+"/tasks.md"] = "- [ ] 1. Door\n[ ] 2. Roof\n\n## Definition of Done\n- [ ] Dry\n"
	})
	w.options.Parameters.Settings.UncoveredBoxes = contract.Fail
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeValidationFailed || !strings.Contains(result.Message, "line 2 ([ ] 2. Roof) looks like a task") {
		t.Fatalf("%+v\n%s", result, w.log)
	}
}
