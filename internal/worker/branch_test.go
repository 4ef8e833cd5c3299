// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

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
				t.Errorf("the pull request was not told:\n%s", w.body())
			}
		})
	}
}

// A name that is refused ends the attempt in words, after the claim: without an outcome in the row the build would be
// taken for a lost one and tried again, each time in vain.
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
