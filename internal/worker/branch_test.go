// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestCheckBranchName(t *testing.T) {
	w := newWorld(t)
	j, err := newJob(w.options)
	w.must(err)
	w.must(j.repo.create(t.Context()))
	cases := map[string]struct {
		why   string
		names []string
		fine  bool
	}{
		"Plain":     {"What most people write.", []string{"feature/cart", "v1.2", "a_b-c", "x"}, true},
		"Letters":   {"git takes every letter there is.", []string{"größe/日本", "фича/1", "🛒"}, true},
		"Signs":     {"And what only a shell would stumble over: there is none.", []string{"$(id)", "feature/(x)", "a&b", "a;b", "'x'", `"x"`, "`id`", "a|b", "!x", "a{b}", "a@b", "#1", "a%2fb"}, true},
		"Dash":      {"Could be taken for an option somewhere.", []string{"--upload-pack=x", "-x"}, false},
		"Refspec":   {"Would mean something else in a refspec.", []string{"a:b", "refs^", "a~1", "a*", "a?b", "a[b"}, false},
		"Revision":  {"Would mean something else as a revision.", []string{"a..b", "a@{1}"}, false},
		"Path":      {"Would be another file than the branch's.", []string{"a/", "/a", "a//b", ".a", "a/.b", "../a", "a.lock", "a.", ""}, false},
		"Blanks":    {"Spaces and control characters.", []string{"a b", "a\nb", "a\tb", "a\x7f", "a\x01"}, false},
		"TooLong":   {"Longer than a file's name may be.", []string{strings.Repeat("é", 123)}, false},
		"Backslash": {"git refuses it.", []string{`a\b`}, false},
	}
	for name, c := range cases {
		for _, branch := range c.names {
			j.repo.branch = branch
			err := j.repo.checkBranchName(t.Context())
			var f *failure
			switch {
			case c.fine && err != nil:
				t.Errorf("%s: %s %q was refused: %v", name, c.why, branch, err)
			case !c.fine && (!errors.As(err, &f) || f.outcome != contract.OutcomeCheckoutFailed || !strings.Contains(err.Error(), "rename the branch")):
				t.Errorf("%s: %s %q must be refused with what to do, got %v", name, c.why, branch, err)
			}
		}
	}
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
