// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// An agent whose time is over is told before it is killed, and what it did is kept where the environment says so.
func TestKeepUnfinished(t *testing.T) {
	const told = `echo half > half.txt; trap 'echo told > told.txt; exit 0' TERM; while :; do sleep 0.05; done`
	for name, c := range map[string]struct {
		why     string
		keep    bool
		total   bool // the time of all tasks is over, and not that of one
		script  string
		outcome contract.Outcome
		kept    bool
		message string
	}{
		"Kept":      {"What was done is on the branch, as unfinished.", true, false, told, contract.OutcomeAgentFailed, true, "what it had done is kept, unfinished, in commit"},
		"Total":     {"So it is when the time of all tasks is over.", true, true, told, contract.OutcomeTimedOut, true, "what it had done is kept, unfinished, in commit"},
		"Default":   {"Where nobody asked for it, it is not.", false, false, told, contract.OutcomeAgentFailed, false, "ran out of time"},
		"Nothing":   {"Nothing is kept of nothing.", true, false, "while :; do sleep 0.05; done", contract.OutcomeAgentFailed, false, "it had changed nothing"},
		"Protected": {"What is protected is protected then, too.", true, false, "echo x >> test.sh; " + told, contract.OutcomeProtectedPathChanged, false, "which is protected"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := &w.options.Parameters
			p.LastAttempt = true
			p.Settings.KeepUnfinished, p.Settings.AgentCommand = c.keep, shell(c.script)
			p.Settings.ProtectedPaths = []contract.ProtectedPath{{Glob: "test.sh"}}
			if limit := contract.Duration(2 * time.Second); c.total {
				p.Settings.AgentTotalTimeout = limit
			} else {
				p.Settings.TaskTimeout = limit
			}
			w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != c.outcome || !strings.Contains(result.Message, c.message) {
				t.Errorf("%s\ngot %s: %s\n%s", c.why, result.Outcome, result.Message, w.log)
			}
			if kept := strings.TrimSpace(w.file("half.txt")+w.file("told.txt")) == "half\ntold"; kept != c.kept {
				t.Errorf("%s\nkept: %t, want %t; %q", c.why, kept, c.kept, w.file("half.txt"))
			}
			if !strings.Contains(w.file(testSpec+"/tasks.md"), "- [ ] 2. Add the cart") {
				t.Errorf("%s\na task that is not done is ticked", c.why)
			}
		})
	}
}

// A part of the tasks is worth something: what is done, and what is missing, is said.
func TestOpenTasksAreNamed(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.LastAttempt = true
	w.options.Parameters.Settings.AgentCommand = shell(`[ "$1" = 3 ] && exit 1; echo x > "work-$1.txt"`)
	w.codebuild(t.Context())
	_, result := w.row()
	if diff := cmp.Diff([]string{"3"}, result.OpenTasks); diff != "" || result.Outcome != contract.OutcomeAgentFailed {
		t.Errorf("%s, open tasks -want +got:\n%s", result.Outcome, diff)
	}
	if want := "**2 of 3 tasks are done and pushed; they can be reviewed as they are.** Open: `3 Empty the cart`."; !strings.Contains(w.body(), want) {
		t.Errorf("the pull request lacks %q:\n%s", want, w.body())
	}
}
