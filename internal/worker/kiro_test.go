// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
)

// withKiro has a stand-in for Kiro do the tasks: its script is given what Kiro is.
func withKiro(w *world, script string) {
	w.options.Environ = append(os.Environ(), "PATH="+program(w.t, "kiro-cli", script)+":"+os.Getenv("PATH"))
	w.options.Parameters.Settings.AgentPreset = preset.Kiro
}

func TestAgentCredentials(t *testing.T) {
	cases := map[string]struct{ why, script, message string }{
		"Refused": {"Nobody is logged in: no task is begun.", `[ "$1" = whoami ] && { echo 'Not logged in' >&2; exit 1; }; echo begun; echo x > begun`, "kiro-cli whoami ended with exit code 1: Not logged in"},
		"WrongKey": {"A key that is refused in the middle ends with 0 and does nothing.",
			`[ "$1" = whoami ] && exit 0; echo 'error: authentication failed' >&2`, "authentication failed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			withKiro(w, c.script)
			w.options.Parameters.Settings.RetryAgentTask = quick(3)
			codes := w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != contract.OutcomeAgentCredentialsInvalid || result.Outcome.Class() != contract.ClassInfrastructure ||
				!strings.Contains(result.Message, c.message) || !strings.Contains(result.Message, "agentSecretARN") || codes[PhaseFinally] != ExitInfrastructure {
				t.Errorf("%s\ngot %+v, exit code %d\n%s", c.why, result, codes[PhaseFinally], w.log)
			}
			if result.Tasks.Done != 1 {
				t.Errorf("%s\n%d tasks are done", c.why, result.Tasks.Done)
			}
		})
	}
}

// A run without any sign that it ran is not done, and is tried again; what it cost is in result and metadata.
func TestKiroThatDidNothing(t *testing.T) {
	w := newWorld(t)
	withKiro(w, `[ "$1" = whoami ] && exit 0; exit 0`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeAgentFailed || !strings.Contains(result.Message, "it did not work at all") {
		t.Errorf("got %+v\n%s", result, w.log)
	}
}

func TestWhatKiroCostIsKept(t *testing.T) {
	w := newWorld(t, func(f map[string]string) {
		f[testSpec+"/tasks.md"] = "- [ ] 2. Add the cart\n- [ ] 3. Empty the cart\n"
		f[".kiro/agents/team.json"] = "{\"team\": 1}\n"
	})
	withKiro(w, `[ "$1" = whoami ] && exit 0
n=$(grep -c '\[x\]' `+testSpec+`/tasks.md); n=$((n + 2)); echo "$n" > f$n; cp .kiro/agents/team.json .kiro/agents/team.json.bak; echo '{"v3": true}' > .kiro/agents/team.json
`+`sed -i "s/\[ \] \($n\.\)/[x] \1/" `+testSpec+`/tasks.md; echo done; echo 'Credits: 0.25 • Time: 10s' >&2`)
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeSucceeded || result.Credits != 0.5 || result.AgentSeconds != 20 {
		t.Fatalf("got %+v\n%s", result, w.log)
	}
	if diff := cmp.Diff([]contract.TaskCost{{Task: "2", Credits: 0.25, Seconds: 10}, {Task: "3", Credits: 0.25, Seconds: 10}}, result.Costs); diff != "" {
		t.Errorf("what each task cost (-want +got):\n%s", diff)
	}
	if text := w.file(".kiro/agents/team.json"); text != "{\"team\": 1}\n" {
		t.Errorf("what the harness made of the agents' configuration was committed: %s", text)
	}
	if diff := w.bucket.objects[testDiff]; strings.Contains(diff, ".json.bak") {
		t.Errorf("its copy was committed:\n%s", diff)
	}
	if !strings.Contains(w.bucket.objects["artifacts/test/b-1/metadata.json"], `"agentSeconds": 10`) {
		t.Error("metadata.json lacks what a task cost")
	}
}
