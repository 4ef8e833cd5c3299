// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
)

func TestAgentOutcomes(t *testing.T) {
	testOutcomes(t, map[string]outcomeCase{
		"AgentIdle": {
			why:     "An agent that ends with exit code 0 and did nothing has not done the task.",
			prepare: func(w *world) { w.options.Parameters.Settings.AgentCommand = shell("true") },
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "task 2 (Add the cart) is not done: the agent changed nothing",
			body: "1 of 3 done", code: ExitWork, processed: true,
		},
		"AgentDenied": {
			why: "Kiro exits with 0 after its tools were refused.",
			prepare: func(w *world) {
				w.options.Parameters.Settings.AgentCommand = shell("echo x > f; echo 'fs_write [denied]' >&2")
			},
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "denied a tool", code: ExitWork, processed: true,
		},
		"AgentMissing": {
			why:     "A program that is not there is the environment's mistake: trying again does not help.",
			prepare: func(w *world) { w.options.Parameters.Settings.AgentCommand = []string{"no-such-agent"} },
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "no-such-agent", code: ExitWork, processed: true,
		},
		"AgentNotExecutable": {
			why: "A program that is there and cannot be executed is the environment's mistake as well, and says what to do.",
			prepare: func(w *world) {
				dir := w.t.TempDir()
				w.must(os.WriteFile(filepath.Join(dir, "agent"), []byte("#!/no/such/interpreter\n"), 0o755))
				w.options.Parameters.Settings.AgentCommand = []string{filepath.Join(dir, "agent")}
			},
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "cannot execute it: install it where", code: ExitWork, processed: true,
		},
		"AgentDeletesTasks": {
			why:     "A task that vanished cannot be done.",
			prepare: func(w *world) { w.options.Parameters.Settings.AgentCommand = shell("rm -r .kiro; echo x > f") },
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "vanished", code: ExitWork, processed: true,
		},
		"AgentLeavesBoxOpen": {
			why: "An agent that ticks boxes itself and left this one open says that it is not done.",
			prepare: func(w *world) {
				w.options.Environ = append(os.Environ(), "PATH="+program(w.t, "kiro-cli", "echo x > f")+":"+os.Getenv("PATH"))
				w.options.Parameters.Settings.AgentPreset = preset.Kiro
			},
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "left the box open", code: ExitWork, processed: true,
		},
		"AgentOutOfTime": {
			why: "The build's time less the reserve is all that the agent has.",
			prepare: func(w *world) {
				w.options.Build.StartedAt = time.Now().Add(-51 * time.Minute)
			},
			outcome: contract.OutcomeTimedOut, stage: contract.StageAgent, message: "the agent's time was over at task 2, with 1 of 3 tasks done", code: ExitWork, processed: true,
		},
		"AgentWritesSecret": {
			why:     "What is pushed cannot be taken back.",
			prepare: func(w *world) { w.options.Parameters.Settings.AgentCommand = shell("echo " + testToken + " > f") },
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "holds a secret", code: ExitWork, processed: true,
		},
		"SetupFails": {
			why:     "Without its dependencies nothing can be measured; the end of its output says why.",
			prepare: func(w *world) { w.options.Parameters.Settings.SetupCommand = `sh -c "echo no such package; exit 3"` },
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "no such package", code: ExitWork, processed: true,
		},
		"BranchMovedWhileWorking": {
			why: "Somebody's push is never overwritten; the next attempt goes on from it.",
			prepare: func(w *world) {
				var pushed bool
				w.options.Ports.Forge = meddling{w.options.Ports.Forge, func() {
					if !pushed {
						pushed = true
						_, err := w.github.PushFiles(testRepository, testBranch, githubemulator.Text(map[string]string{"theirs.txt": "theirs"}), "Theirs")
						w.must(err)
					}
				}}
			},
			outcome: contract.OutcomeInternalError, stage: contract.StageAgent, message: "moved by somebody else", diff: "+task 2", code: ExitInfrastructure,
		},
		"PushRefused": {
			why:     "A branch rule that refuses the push needs a person.",
			prepare: func(w *world) { w.must(w.github.ProtectBranch(testRepository, "feature/*")) },
			outcome: contract.OutcomeInternalError, stage: contract.StageAgent, message: "rules refuse the push", diff: "+task 2", code: ExitInfrastructure,
		},
	})
}

func TestNextAttemptGoesOnFromPushedTasks(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.Settings.AgentCommand = shell(`[ "$1" = 3 ] && exit 1; echo "first $1" > work-$1.txt`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeAgentFailed || result.Tasks.Done != 2 {
		t.Fatalf("%+v", result)
	}
	if !strings.Contains(w.file(testSpec+"/tasks.md"), "- [x] 2.") {
		t.Fatal("the first task was not pushed when it was done")
	}
	w.next(2)
	w.options.Parameters.Settings.AgentCommand = shell(`echo "second $1" > work-$1.txt`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	if w.file("work-2.txt") != "first 2\n" || w.file("work-3.txt") != "second 3\n" {
		t.Errorf("task 2 was worked on again: %q, %q", w.file("work-2.txt"), w.file("work-3.txt"))
	}
}

// A task about access control has tests that print what Kiro prints, but not where.
func TestDeniedInATestsOutput(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.Settings.AgentCommand = shell(`echo 'GET /admin [denied]'; echo 'GET /admin [DENIED]' >&2; echo "$1" > f$1`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	log := w.bucket.objects["artifacts/test/b-1/logs/kiro-cli.log"]
	if strings.Count(log, "[denied]") != 2 || strings.Count(log, "===== standard error\nGET /admin [DENIED]") != 2 {
		t.Errorf("the log must hold both streams of both runs:\n%s", log)
	}
}
