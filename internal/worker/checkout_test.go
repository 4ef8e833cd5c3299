// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

func TestCheckoutOutcomes(t *testing.T) {
	testOutcomes(t, map[string]outcomeCase{
		"BranchRewritten": {
			why:     "A head that does not descend from the accepted commit was looked at by nobody.",
			prepare: func(w *world) { w.options.Parameters.Commit = strings.Repeat("ab", 20) },
			outcome: contract.OutcomeCheckoutFailed, stage: contract.StageCheckout, message: "was rewritten", code: ExitWork, processed: true,
		},
		"BranchGone": {
			why: "A branch that was deleted is said to be gone.",
			prepare: func(w *world) {
				w.must(w.github.DeleteBranch(testRepository, testBranch))
			},
			outcome: contract.OutcomeCheckoutFailed, stage: contract.StageCheckout, message: "the branch is not there any more", code: ExitWork, processed: true,
		},
		"GitHubDown": {
			why: "A network that is down is the infrastructure's failure, and never counts as the work's.",
			prepare: func(w *world) {
				w.faults.Add(faults.Rule{Service: githubemulator.Service, Operation: "git upload-pack refs", Fault: faults.Fault{Status: http.StatusBadGateway}})
			},
			outcome: contract.OutcomeInternalError, stage: contract.StageCheckout, message: "tried 3 times", code: ExitInfrastructure,
		},
	})
}

// A name that git takes is worked on like any other.
func TestUnusualBranches(t *testing.T) {
	for _, branch := range []string{"größe/日本", "$(id)", "feature/(x)&'y'"} {
		t.Run(branch, func(t *testing.T) {
			w := newWorld(t)
			w.onBranch(branch)
			w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != contract.OutcomeSucceeded || result.Commit != w.head() {
				t.Fatalf("%+v\n%s", result, w.log)
			}
			if w.file("work-2.txt") == "" || w.file("work-3.txt") == "" {
				t.Error("the work is not on the branch")
			}
			if !strings.Contains(w.body(), "the work is done") {
				t.Errorf("the pull request was not updated:\n%s", w.body())
			}
		})
	}
}

// A name that is refused ends the attempt in words, after the claim: without an outcome in the row the build would
// look like a lost one and be tried again, each time in vain.
func TestRefusedBranches(t *testing.T) {
	for _, branch := range []string{"--upload-pack=x", "a..b", "refs^{}"} {
		t.Run(branch, func(t *testing.T) {
			w := newWorld(t)
			before := w.head()
			w.options.Parameters.BranchName = branch
			codes := w.codebuild(t.Context())
			row, result := w.row()
			if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeCheckoutFailed || result.FailedStage != contract.StageCheckout {
				t.Fatalf("the lock must be freed with an outcome, got %s %+v\n%s", row.Status, result, w.log)
			}
			if !strings.Contains(result.Message, "rename the branch") || !strings.Contains(w.body(), "CheckoutFailed") {
				t.Errorf("what to do must be said: %s\n%s", result.Message, w.body())
			}
			if codes[PhaseFinally] != ExitWork {
				t.Errorf("exit code %d", codes[PhaseFinally])
			}
			if w.head() != before {
				t.Error("the branch was changed")
			}
		})
	}
}

// A branch that was rewritten after it was accepted must be accepted again; nothing is done on it until then.
func TestBranchRewrittenBeforeCheckout(t *testing.T) {
	w := newWorld(t)
	p := w.person()
	p.rewrites()
	p.git(p.force()...)
	theirs := w.head()
	if theirs == w.options.Parameters.Commit {
		t.Fatal("the branch was not rewritten")
	}
	w.options.Parameters.LastAttempt = true
	w.codebuild(t.Context())
	row, result := w.row()
	if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeCheckoutFailed || !strings.Contains(result.Message, "was rewritten") ||
		!strings.Contains(result.Message, "move the card away and back") {
		t.Errorf("got %s %+v", row.Status, result)
	}
	if w.head() != theirs {
		t.Error("the branch was changed")
	}
	if !strings.Contains(w.body(), "CheckoutFailed") {
		t.Errorf("the pull request was not updated:\n%s", w.body())
	}
}

// Whether the token may push is found out before the agent is paid for.
func TestATokenThatMayOnlyRead(t *testing.T) {
	w := newWorld(t)
	rights := githubemulator.AllRights()
	rights.Contents = githubemulator.Read
	w.github.AddToken(testToken, "worker-bot", rights)
	w.options.Parameters.Settings.AgentCommand = shell("echo begun > begun")
	w.codebuild(t.Context())
	_, result := w.row()
	if result.FailedStage != contract.StageCheckout || !strings.Contains(result.Message, "may read "+testRepository+" and not push to it, so no task was begun") ||
		result.Outcome.Class() != contract.ClassInfrastructure {
		t.Errorf("%+v\n%s", result, w.log)
	}
}
