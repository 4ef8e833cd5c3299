// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/power"
)

// shell is an agent that runs a script; $1 is the task's number.
func shell(script string) []string { return []string{"sh", "-c", script, "agent", "{{.TaskID}}"} }

func TestOutcomes(t *testing.T) {
	cases := map[string]struct {
		why     string
		files   func(map[string]string)
		prepare func(*world)

		outcome contract.Outcome
		stage   contract.Stage
		message string // in the result
		body    string // in the pull request
		diff    string // in the artifacts
		code    ExitCode
		worked  bool // the card's trigger is processed
	}{
		"TestsRed": {
			why:     "Red tests fail the work, and the pull request names them.",
			files:   func(f map[string]string) { f["test.sh"] = testScript(3, 1, 95) },
			outcome: contract.OutcomeTestsFailed, stage: contract.StageTest, message: "1 of 4 tests failed: cart adds 3",
			body: "`cart adds 3`", code: ExitWork, worked: true,
		},
		"TestsRedNotLast": {
			why:     "An attempt that is followed by another does not work the trigger off.",
			files:   func(f map[string]string) { f["test.sh"] = testScript(3, 1, 95) },
			prepare: func(w *world) { w.options.Parameters.LastAttempt = false },
			outcome: contract.OutcomeTestsFailed, stage: contract.StageTest, code: ExitWork,
		},
		"CoverageLow": {
			why:     "Each metric is held against the threshold.",
			files:   func(f map[string]string) { f["test.sh"] = testScript(4, 0, 79.99) },
			outcome: contract.OutcomeCoverageTooLow, stage: contract.StageCoverage, message: "coverage is below 80%: lines 79.99%",
			body: "| lines | 79.99% | ❌ |", code: ExitWork, worked: true,
		},
		"NothingMeasured": {
			why:     "Tests that leave no results prove nothing, whatever their exit code.",
			files:   func(f map[string]string) { f["test.sh"] = "echo all good\n" },
			outcome: contract.OutcomeTestsNotMeasured, stage: contract.StageTest, body: "not measured", code: ExitWork, worked: true,
		},
		"NoCoverage": {
			why: "Passing tests without a coverage report are not measured.",
			files: func(f map[string]string) {
				f["test.sh"] = testScript(4, 0, 90) + "\n"
				f["test.sh"] = strings.Replace(f["test.sh"], "exit 0", "rm -r coverage; exit 0", 1)
			},
			outcome: contract.OutcomeCoverageNotMeasured, stage: contract.StageCoverage, code: ExitWork, worked: true,
		},
		"OldReports": {
			why: "Reports that lie in the repository from before were not measured by this run.",
			files: func(f map[string]string) {
				f["results.json"], f[".gitignore"] = jestText(t, testScript(4, 0, 90)), ""
				f["test.sh"] = "true\n"
			},
			outcome: contract.OutcomeTestsNotMeasured, stage: contract.StageTest, code: ExitWork, worked: true,
		},
		"ExitCodeAlone": {
			why: "A test command that fails although no test did has failed: a suite that could not be loaded looks so.",
			files: func(f map[string]string) {
				f["test.sh"] = strings.Replace(testScript(4, 0, 90), "exit 0", "exit 7", 1)
			},
			outcome: contract.OutcomeTestsFailed, stage: contract.StageTest, message: `ended with exit code 7`, code: ExitWork, worked: true,
		},
		"AgentIdle": {
			why:     "An agent that ends with exit code 0 and did nothing has not done the task.",
			prepare: func(w *world) { w.options.Parameters.Settings.AgentCommand = shell("true") },
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "task 2 (Add the cart) is not done: the agent changed nothing",
			body: "1 of 3 done", code: ExitWork, worked: true,
		},
		"AgentDenied": {
			why: "Kiro exits with 0 after its tools were refused.",
			prepare: func(w *world) {
				w.options.Parameters.Settings.AgentCommand = shell("echo x > f; echo 'fs_write [denied]' >&2")
			},
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "denied a tool", code: ExitWork, worked: true,
		},
		"AgentMissing": {
			why:     "A program that is not there is the environment's mistake: trying again does not mend it.",
			prepare: func(w *world) { w.options.Parameters.Settings.AgentCommand = []string{"no-such-agent"} },
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "no-such-agent", code: ExitWork, worked: true,
		},
		"AgentNotExecutable": {
			why: "A program that is there and cannot be executed is the environment's mistake as well, and says what to do.",
			prepare: func(w *world) {
				dir := w.t.TempDir()
				w.must(os.WriteFile(filepath.Join(dir, "agent"), []byte("#!/no/such/interpreter\n"), 0o755))
				w.options.Parameters.Settings.AgentCommand = []string{filepath.Join(dir, "agent")}
			},
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "cannot execute it: install it where", code: ExitWork, worked: true,
		},
		"AgentDeletesTasks": {
			why:     "A task that vanished cannot be done.",
			prepare: func(w *world) { w.options.Parameters.Settings.AgentCommand = shell("rm -r .kiro; echo x > f") },
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "vanished", code: ExitWork, worked: true,
		},
		"AgentLeavesBoxOpen": {
			why: "An agent that ticks boxes itself and left this one open says that it is not done.",
			prepare: func(w *world) {
				w.options.Environ = append(os.Environ(), "PATH="+program(w.t, "kiro-cli", "echo x > f")+":"+os.Getenv("PATH"))
				w.options.Parameters.Settings.AgentPreset = agent.PresetKiro
			},
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "left the box open", code: ExitWork, worked: true,
		},
		"AgentOutOfTime": {
			why: "The build's time less the reserve is all that the agent has.",
			prepare: func(w *world) {
				w.options.Build.StartedAt = time.Now().Add(-51 * time.Minute)
			},
			outcome: contract.OutcomeTimedOut, stage: contract.StageAgent, message: "the agent's time was over at task 2, with 1 of 3 tasks done", code: ExitWork, worked: true,
		},
		"AgentWritesSecret": {
			why:     "What is pushed cannot be taken back.",
			prepare: func(w *world) { w.options.Parameters.Settings.AgentCommand = shell("echo " + testToken + " > f") },
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "holds a secret", code: ExitWork, worked: true,
		},
		"SetupFails": {
			why:     "Without its dependencies nothing can be measured; the end of its output says why.",
			prepare: func(w *world) { w.options.Parameters.Settings.SetupCommand = `sh -c "echo no such package; exit 3"` },
			outcome: contract.OutcomeAgentFailed, stage: contract.StageAgent, message: "no such package", code: ExitWork, worked: true,
		},
		"SpecMissing": {
			why: "All misses are named at once.",
			files: func(f map[string]string) {
				delete(f, testSpec+"/design.md")
				f[testSpec+"/requirements.md"] = " \n"
			},
			prepare: func(w *world) { w.must(w.github.ClosePullRequest(testRepository, w.pull, false)) },
			outcome: contract.OutcomeValidationFailed, stage: contract.StageValidate,
			message: "requirements.md is empty; .kiro/specs/feature/cart/design.md is missing; pull request #1 is closed", code: ExitWork, worked: true,
		},
		"EmptyTasks": {
			why:     "A tasks.md without tasks is nothing to work on.",
			files:   func(f map[string]string) { f[testSpec+"/tasks.md"] = "# Tasks\n" },
			outcome: contract.OutcomeValidationFailed, stage: contract.StageValidate, message: "no tasks", code: ExitWork, worked: true,
		},
		"BranchRewritten": {
			why:     "A head that does not descend from the accepted commit was looked at by nobody.",
			prepare: func(w *world) { w.options.Parameters.Commit = strings.Repeat("ab", 20) },
			outcome: contract.OutcomeCheckoutFailed, stage: contract.StageCheckout, message: "was rewritten", code: ExitWork, worked: true,
		},
		"BranchGone": {
			why: "A branch that was deleted is said to be gone.",
			prepare: func(w *world) {
				w.must(w.github.DeleteBranch(testRepository, testBranch))
			},
			outcome: contract.OutcomeCheckoutFailed, stage: contract.StageCheckout, message: "the branch is not there any more", code: ExitWork, worked: true,
		},
		"GitHubDown": {
			why: "A network that is down is the infrastructure's failure, and never held against the work.",
			prepare: func(w *world) {
				w.faults.Add(faults.Rule{Service: githubemulator.Service, Operation: "git upload-pack refs", Fault: faults.Fault{Status: http.StatusBadGateway}})
			},
			outcome: contract.OutcomeInternalError, stage: contract.StageCheckout, message: "tried 3 times", code: ExitInfrastructure,
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
		"BucketDown": {
			why:     "A success whose artifacts are lost is not one, and the pull request is told so after all.",
			prepare: func(w *world) { w.bucket.fail = errors.New("bucket is down") },
			outcome: contract.OutcomeUploadFailed, stage: contract.StageUpload, message: "bucket is down", body: "UploadFailed", code: ExitInfrastructure,
		},
		"PullRequestDown": {
			why: "The controller tells the pull request where the worker could not.",
			prepare: func(w *world) {
				w.faults.Add(faults.Rule{Service: githubemulator.Service, Operation: "PATCH /repos/{owner}/{repo}/pulls/{number}", Fault: faults.Fault{Status: http.StatusBadGateway}})
			},
			outcome: contract.OutcomePullRequestFailed, stage: contract.StagePullRequest, message: "tried 4 times", code: ExitInfrastructure,
		},
		"ClosedMeanwhile": {
			why: "Who closes the pull request decides about the work: that is not tried again as the infrastructure's failure is.",
			prepare: func(w *world) {
				w.whenStage(contract.StageTest, func() { w.must(w.github.ClosePullRequest(testRepository, w.pull, false)) })
			},
			outcome: contract.OutcomeValidationFailed, stage: contract.StagePullRequest, message: "pull request #1 is closed; it must be open; if it is still wanted, reopen it",
			body: "reopen it", code: ExitWork, worked: true,
		},
		"MergedMeanwhile": {
			why: "One that was merged cannot be reopened.",
			prepare: func(w *world) {
				w.whenStage(contract.StageTest, func() { w.must(w.github.ClosePullRequest(testRepository, w.pull, true)) })
			},
			outcome: contract.OutcomeValidationFailed, stage: contract.StagePullRequest, message: "open a new one from the branch",
			body: "is merged", code: ExitWork, worked: true,
		},
		"SteeringUnreachable": {
			why:     "Steering that cannot be fetched is the infrastructure's failure.",
			prepare: func(w *world) { w.options.Parameters.Settings.SteeringSource = "http://127.0.0.1:1/power.git" },
			outcome: contract.OutcomeSteeringFailed, stage: contract.StageSteer, code: ExitInfrastructure,
		},
		"SteeringRecordLeadsOut": {
			why: "The record is a file of the repository: it must not make the worker delete what lies elsewhere.",
			files: func(f map[string]string) {
				f[power.RecordFile] = fmt.Sprintf(`{"name":"house","files":{"../../README.md":"%x"}}`, sha256.Sum256([]byte("# shop\n")))
			},
			prepare: func(w *world) {
				s := &w.options.Parameters.Settings
				s.SteeringSource, s.SteeringPath = w.addPower("1.0.0", "be kind\n"), "powers/house"
			},
			outcome: contract.OutcomeSteeringFailed, stage: contract.StageSteer, message: "leads out", code: ExitInfrastructure,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var change []func(map[string]string)
			if c.files != nil {
				change = append(change, c.files)
			}
			w := newWorld(t, change...)
			w.options.Parameters.LastAttempt = true
			if c.prepare != nil {
				c.prepare(w)
			}
			codes := w.codebuild(t.Context())
			row, result := w.row()
			if row.Status != contract.StatusFailed {
				t.Fatalf("%s\nthe lock must be released as a failure, got %q\n%s", c.why, row.Status, w.log)
			}
			if diff := cmp.Diff([]string{string(c.outcome), string(c.stage)}, []string{string(result.Outcome), string(result.FailedStage)}); diff != "" {
				t.Errorf("%s\noutcome and stage -want +got:\n%s\n%s", c.why, diff, result.Message)
			}
			if !strings.Contains(result.Message, c.message) {
				t.Errorf("%s\nthe message lacks %q: %s", c.why, c.message, result.Message)
			}
			if c.body != "" && !strings.Contains(w.body(), c.body) {
				t.Errorf("%s\nthe pull request lacks %q:\n%s", c.why, c.body, w.body())
			}
			if told := strings.Contains(w.body(), string(c.outcome)); told != result.PullRequestUpdated {
				t.Errorf("%s\nthe pull request was told: %t, the result says %t", c.why, told, result.PullRequestUpdated)
			}
			if got := codes[PhaseFinally]; got != c.code {
				t.Errorf("%s\nexit code %d, want %d", c.why, got, c.code)
			}
			if c.diff != "" && !strings.Contains(w.bucket.objects["artifacts/test/b-1/diffs/changes.diff"], c.diff) {
				t.Errorf("%s\nthe diff lacks %q:\n%s", c.why, c.diff, w.bucket.objects["artifacts/test/b-1/diffs/changes.diff"])
			}
			if w.card().Exists != c.worked {
				t.Errorf("%s\nprocessed: %t, want %t", c.why, w.card().Exists, c.worked)
			}
			if strings.Contains(w.log.String(), testToken) || strings.Contains(w.body(), testToken) {
				t.Error("the token is shown")
			}
			if c.outcome != contract.OutcomeUploadFailed && len(w.bucket.objects) != 6 {
				t.Errorf("%s\na failed build's artifacts are kept too, got %d", c.why, len(w.bucket.objects))
			}
		})
	}
}

// meddling calls somebody whenever the pull request is read.
type meddling struct {
	Forge
	then func()
}

func (m meddling) Get(ctx context.Context, repository string, number int64) (forge.PullRequest, error) {
	pr, err := m.Forge.Get(ctx, repository, number)
	m.then()
	return pr, err
}

func jestText(t *testing.T, script string) string {
	t.Helper()
	_, rest, _ := strings.Cut(script, "cat > results.json <<'EOF'\n")
	text, _, ok := strings.Cut(rest, "\nEOF")
	if !ok {
		t.Fatal("the script has no results")
	}
	return text
}

// program makes an executable script in a directory of its own, and returns the directory.
func program(t testing.TB, name, script string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}
